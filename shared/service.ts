/**
 * What the entry points of both services have in common: settings, help, log, signals, exit code.
 *
 * @module
 */
import { EXIT } from "./errors.ts";
import { exitCodeOf, stopSignal } from "./lifecycle.ts";
import { createLog, linesTo, type Log, type LogSettings } from "./observe/log.ts";
import type { Group } from "./settings/declare.ts";
import { helpText } from "./settings/describe.ts";
import { loadSettings } from "./settings/load.ts";
import type { Settings } from "./settings/table.ts";

/** A service. */
export interface Service {
  /** Its task in `deno.json`, and the `service` of its log lines. */
  readonly name: string;
  /** The settings it reads. */
  readonly groups: readonly Group[];
  /** One sentence for `--help`. */
  readonly about: string;
  /** Where its log goes. `stderr`: its standard output is what it was asked for. Default: `stdout`. */
  readonly logTo?: "stdout" | "stderr";
  readonly run: (
    settings: Settings,
    warnings: readonly string[],
    log: Log,
    signal: AbortSignal,
  ) => Promise<void>;
}

/** Runs a service and ends the process with its exit code. */
export async function runService({ name, groups, about, logTo = "stdout", run }: Service): Promise<never> {
  const logAs = (settings: LogSettings) =>
    createLog(name, settings, linesTo(Deno[logTo]), Deno[logTo].isTerminal());
  // For problems with the settings, those of the log among them.
  let log = logAs({ LOG_LEVEL: "info", LOG_FORMAT: "auto" });
  try {
    const { settings, warnings, help } = loadSettings(groups);
    if (help) {
      console.log(helpText(`deno task ${name} [flags]\n\n${about}`, groups));
      Deno.exit(EXIT.ok);
    }
    log = logAs(settings);
    using signal = stopSignal(log);
    await run(settings, warnings, log, signal);
    Deno.exit(EXIT.ok);
  } catch (error) {
    Deno.exit(exitCodeOf(error, log));
  }
}
