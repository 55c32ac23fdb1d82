/**
 * Stop signals, exit codes and interruptible waits.
 *
 * @module
 */
import { DiagnosedError, EXIT, messageOf, PermanentError } from "./errors.ts";
import type { Log } from "./observe/log.ts";
import { SettingsError } from "./settings/error.ts";

/** SIGHUP is sent when a terminal or an SSH session is closed. */
const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;

/**
 * Signals within this time after the first are the same one: on Ctrl-C, the terminal signals all of its processes and `deno task` forwards
 * the signal to the service as well, as `timeout` does with SIGTERM.
 */
const SAME_SIGNAL_MS = 500;

/** Called with the name of a signal. */
type OnSignal = (name: Deno.Signal) => void;

/**
 * Listens for SIGTERM, SIGINT and SIGHUP until disposed of.
 *
 * @param onFirst called before the returned signal aborts
 * @param onSecond called for every later signal, except within half a second after the first
 */
export function stopSignal(onFirst: OnSignal, onSecond: OnSignal): AbortSignal & Disposable {
  const controller = new AbortController();
  let firstAt = 0;
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      if (controller.signal.aborted) {
        if (performance.now() - firstAt >= SAME_SIGNAL_MS) onSecond(name);
        return;
      }
      onFirst(name);
      firstAt = performance.now();
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
 * A {@link stopSignal} that logs. The second signal exits immediately with exit code 1; no data is lost, since only committed records count
 * as processed.
 *
 * @param exit ends the process
 */
export const loggedStopSignal = (log: Log, exit: (code: number) => unknown): AbortSignal & Disposable =>
  stopSignal(
    (name) => log("info", "stop_requested", `Received ${name}: draining. A second signal exits immediately.`),
    (name) => {
      log("warn", "stop_forced", `Received ${name} again: exiting immediately.`);
      exit(EXIT.crash);
    },
  );

/**
 * Logs an error that ends the service and returns the exit code. The log line has the error's code.
 *
 * @param hint appended to messages about settings and servers
 */
export function exitCodeOf(error: unknown, log: Log, hint = ""): number {
  const ending = hint === "" ? "" : ` ${hint}`;
  if (error instanceof SettingsError) {
    const { code, texts } = error;
    texts.forEach((text, index) => {
      log("error", "setting_invalid", index === texts.length - 1 ? text + ending : text, { code });
    });
    return EXIT.permanent;
  }
  if (error instanceof DiagnosedError) {
    log("error", "service_failed", error.message + ending, { code: error.code });
    return error instanceof PermanentError ? EXIT.permanent : EXIT.crash;
  }
  const stack = error instanceof Error ? error.stack : undefined;
  log("error", "service_crashed", `Unexpected error: ${messageOf(error)}`, { stack });
  return EXIT.crash;
}

/** Exponential backoff with full jitter after the `attempt`-th failure (0, 1, 2 …), milliseconds. */
export function backoffMs(attempt: number, base = 100, max = 10_000): number {
  return Math.random() * Math.min(max, base * 2 ** attempt) + base / 2;
}

/** Waits; returns early when `signal` aborts. Never throws. */
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

/** Waits for `work`, at most `ms`. @throws what `work` throws in time */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  const ended = new AbortController();
  try {
    await Promise.race([work, pause(ms, ended.signal)]);
  } finally {
    ended.abort();
  }
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
