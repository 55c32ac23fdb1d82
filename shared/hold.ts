/**
 * What a service does after a configuration error when `ON_CONFIGURATION_ERROR=hold`: it stays up, not ready, until it is stopped. Under a
 * supervisor that restarts whatever ends, ending would repeat the same error without end.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Registry } from "prom-client";
import { messageOf } from "./errors.ts";
import { pause, stopSignal } from "./lifecycle.ts";
import { serveProbes } from "./observe/http.ts";
import type { Log } from "./observe/log.ts";
import { registerProcessMetrics } from "./observe/process.ts";
import { PROCESS, type Sources } from "./settings/load.ts";
import { flagOf } from "./settings/setting.ts";
import { SETTINGS, type Settings } from "./settings/table.ts";

const INTERVAL_MS = 60_000;

/** The settings of a hold. */
export type HoldSettings = Pick<Settings, "ON_CONFIGURATION_ERROR" | "HTTP_HOST" | "HTTP_PORT">;

/**
 * Reads the settings of a hold on their own, since any of the others can be the configuration error. A value that can't be used counts
 * as not set.
 */
export function readHoldSettings({ args, env }: Pick<Sources, "args" | "env"> = PROCESS): HoldSettings {
  const read = <N extends keyof HoldSettings>(name: N): HoldSettings[N] => {
    const { type, default: fallback } = SETTINGS[name];
    const flag = flagOf(name);
    const { values } = parseArgs({ args: [...args], strict: false, options: { [flag]: { type: "string" } } });
    const text = values[flag] || env(name) || fallback;
    const parsed = type.safeParse(text);
    return (parsed.success ? parsed.data : type.parse(fallback)) as HoldSettings[N];
  };
  return {
    ON_CONFIGURATION_ERROR: read("ON_CONFIGURATION_ERROR"),
    HTTP_HOST: read("HTTP_HOST"),
    HTTP_PORT: read("HTTP_PORT"),
  };
}

/**
 * Holds until a signal asks to stop: `/readyz` answers 503 with the reasons, and a log line repeats them.
 *
 * @param reasons what has to be corrected
 * @param exit ends the process at a second signal
 */
export async function hold(
  reasons: readonly string[],
  settings: HoldSettings,
  log: Log,
  exit: (code: number) => unknown,
  intervalMs = INTERVAL_MS,
): Promise<void> {
  using signal = stopSignal(log, exit);
  await using _probes = serveReasons(reasons, settings, log);
  log(
    "warn",
    "on_hold",
    "The service is on hold (ON_CONFIGURATION_ERROR=hold). Correct the configuration and start it again.",
  );
  for (;;) {
    await pause(intervalMs, signal);
    if (signal.aborted) return;
    log("error", "on_hold", `The service is on hold: ${reasons.join(" ")}`);
  }
}

function serveReasons(reasons: readonly string[], settings: HoldSettings, log: Log): AsyncDisposable {
  const registry = new Registry();
  registerProcessMetrics(registry);
  try {
    return serveProbes(settings, { problems: () => reasons, registry });
  } catch (error) {
    // It may be the configuration error itself.
    log("warn", "no_probes", messageOf(error));
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}
