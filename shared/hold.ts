/**
 * Keeps a service running, but not ready, after a configuration error when `ON_CONFIGURATION_ERROR=hold`. Supervisors that restart every
 * exited service would otherwise repeat the error forever.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { Registry } from "prom-client";
import { messageOf } from "./errors.ts";
import { loggedStopSignal, pause } from "./lifecycle.ts";
import { serveProbes } from "./observe/http.ts";
import type { Log } from "./observe/log.ts";
import { registerProcessMetrics } from "./observe/process.ts";
import { PROCESS, type Sources } from "./settings/load.ts";
import { flagOf } from "./settings/setting.ts";
import { SETTINGS, type Settings } from "./settings/table.ts";

const LOG_INTERVAL_MS = 60_000;

/** The settings that {@link hold} uses. */
export type HoldSettings = Pick<Settings, "ON_CONFIGURATION_ERROR" | "HTTP_HOST" | "HTTP_PORT">;

/**
 * Reads the settings of a hold separately, since any other setting may be the configuration error. Invalid values are replaced by the
 * defaults.
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
 * Waits for a stop signal. Meanwhile `/readyz` returns 503 with the reasons, and a log line repeats them.
 *
 * @param reasons the configuration errors
 * @param exit ends the process at the second signal
 */
export async function hold(
  reasons: readonly string[],
  settings: HoldSettings,
  log: Log,
  exit: (code: number) => unknown,
  intervalMs = LOG_INTERVAL_MS,
): Promise<void> {
  using signal = loggedStopSignal(log, exit);
  await using _probes = serveReasons(reasons, settings, log);
  log(
    "warn",
    "service_held",
    "The service is on hold (ON_CONFIGURATION_ERROR=hold). Correct the configuration and restart it.",
  );
  for (;;) {
    await pause(intervalMs, signal);
    if (signal.aborted) return;
    log("error", "service_held", `The service is on hold: ${reasons.join(" ")}`);
  }
}

function serveReasons(reasons: readonly string[], settings: HoldSettings, log: Log): AsyncDisposable {
  const registry = new Registry();
  registerProcessMetrics(registry);
  try {
    return serveProbes(settings, { problems: () => reasons, registry });
  } catch (error) {
    // HTTP_HOST or HTTP_PORT may be the configuration error.
    log("warn", "probes_unavailable", messageOf(error));
    return { [Symbol.asyncDispose]: () => Promise.resolve() };
  }
}
