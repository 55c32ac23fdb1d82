/**
 * From start to exit code: signals, settings, and what an error at the top means.
 *
 * @module
 */
import { EXIT, messageOf, PermanentError, TransientError } from "./errors.ts";
import type { Log } from "./observe/log.ts";
import { SettingsError } from "./settings/error.ts";

/** SIGHUP comes from a terminal or an SSH session that was closed. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * A terminal sends Ctrl-C to all of its processes, and `deno task` passes it on to the service besides, as `timeout` does with SIGTERM:
 * what comes this soon after the first signal is the same one.
 */
const SAME_SIGNAL_MS = 500;

/**
 * A signal that aborts at the first SIGTERM, SIGINT or SIGHUP. The second, unless it comes within half a second, ends the process at once,
 * with exit code 1: what was in hand is not lost, since nothing counts as done before it is committed.
 *
 * @param exit ends the process
 */
export function stopSignal(log: Log, exit: (code: number) => unknown = Deno.exit): AbortSignal & Disposable {
  const controller = new AbortController();
  let first = 0;
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      if (controller.signal.aborted) {
        if (performance.now() - first < SAME_SIGNAL_MS) return;
        log("warn", "stopped_at_once", `A second signal, ${name}: stopping at once.`);
        exit(EXIT.crash);
        return;
      }
      log(
        "info",
        "stopping",
        `Stopping after ${name}: finishing what is in hand. A second signal stops at once.`,
      );
      first = performance.now();
      controller.abort();
    };
    Deno.addSignalListener(name, listener);
    return [name, listener] as const;
  });
  return Object.assign(controller.signal, {
    [Symbol.dispose]: () =>
      listeners.forEach(([name, listener]) => Deno.removeSignalListener(name, listener)),
  });
}

/**
 * Logs an error that ends the service and gives its exit code.
 *
 * @param hint the last sentence of a message about servers and settings
 */
export function exitCodeOf(error: unknown, log: Log, hint = ""): number {
  const ending = hint === "" ? "" : ` ${hint}`;
  if (error instanceof SettingsError) {
    error.problems.forEach((problem, index) => {
      log("error", "bad_setting", index === error.problems.length - 1 ? problem + ending : problem);
    });
    return EXIT.permanent;
  }
  if (error instanceof PermanentError) {
    log("error", "stopped_by_error", error.message + ending);
    return EXIT.permanent;
  }
  // Where nobody waits for it to pass.
  if (error instanceof TransientError) {
    log("error", "stopped_by_error", error.message + ending);
    return EXIT.crash;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  log("error", "crashed", `Unexpected error: ${messageOf(error)}`, { stack });
  return EXIT.crash;
}

/** Exponential backoff with full jitter: how long to wait after the `attempt`-th failure (0, 1, 2 …), milliseconds. */
export function backoffMs(attempt: number, base = 100, most = 10_000): number {
  return Math.random() * Math.min(most, base * 2 ** attempt) + base / 2;
}

/** Waits, or returns early when `signal` aborts. Never throws. */
export function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
