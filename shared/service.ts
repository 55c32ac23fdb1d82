/**
 * Common entry point of the services: settings, help, log, signals, exit code.
 *
 * @module
 */
import process from "node:process";
import { EXIT, messageOf } from "./errors.ts";
import { hold, readHoldSettings } from "./hold.ts";
import { exitCodeOf, loggedStopSignal, waitAtMost } from "./lifecycle.ts";
import { isVersionRequested, VERSION_TEXT } from "./observe/build_info.ts";
import { CommandOutput } from "./observe/command_output.ts";
import { createLog, type Log, type LogSettings } from "./observe/log.ts";
import { LogOutput } from "./observe/log_output.ts";
import type { Task } from "./settings/examples.ts";
import type { Group } from "./settings/setting.ts";
import { SettingsError } from "./settings/error.ts";
import { helpText } from "./settings/help_text.ts";
import { loadSettings, PROCESS } from "./settings/load.ts";
import type { Settings } from "./settings/table.ts";
import { checkTlsFiles } from "./settings/tls_files.ts";

/** Timeout for writing the last log lines on exit. */
const FLUSH_TIMEOUT_MS = 500;

/** Appended to messages about settings and servers. */
const DOCTOR =
  "`deno task doctor` (in Compose: docker compose run --rm consumer doctor) checks settings, Kafka and PostgreSQL.";

/** Declaration of a service. */
export interface ServiceDefinition {
  /** The task in `deno.json`, and the field `service` of log lines. */
  readonly name: Task;
  /** The setting groups that it reads. */
  readonly groups: readonly Group[];
  /** One sentence for `--help`. */
  readonly about: string;
  /** Name of an argument before the flags, for `--help`. Default: none is accepted. */
  readonly operand?: string;
  /** `stderr` for commands whose result goes to stdout. Default: `stdout`. */
  readonly logTo?: "stdout" | "stderr";
  /** @returns the exit code; default: 0 */
  readonly run: (
    settings: Settings,
    warnings: readonly string[],
    log: Log,
    signal: AbortSignal,
    operand: string | undefined,
  ) => Promise<number | void>;
}

/** Runs a service and ends the process with its exit code. */
export async function runService(
  { name, groups, about, operand, logTo = "stdout", run }: ServiceDefinition,
): Promise<never> {
  const output = new LogOutput(
    Deno[logTo],
    (count) =>
      log("warn", "log_lines_dropped", `Dropped ${count} log lines because ${logTo} could not be written.`, {
        count,
      }),
  );
  const logAs = (settings: LogSettings) =>
    createLog(name, settings, (line, level) => output.write(line, level), Deno[logTo].isTerminal());
  // Until the settings are loaded.
  let log = logAs({ LOG_LEVEL: "info", LOG_FORMAT: "auto" });
  const exit = (code: number) => exitAfterFlush(output, logTo, code);
  const usesServers = groups.includes("kafka") || groups.includes("postgresql");
  const crash = async (error: unknown) => {
    const code = exitCodeOf(error, log, usesServers ? DOCTOR : "");
    if (code === EXIT.permanent && groups.includes("http")) {
      const settings = readHoldSettings();
      if (settings.ON_CONFIGURATION_ERROR === "hold") await hold(reasonsOf(error), settings, log, exit);
    }
    return await exit(code);
  };
  redirectDiagnostics((...entry) => log(...entry), crash);
  try {
    if (isVersionRequested(PROCESS.args)) return await exit(await print(VERSION_TEXT));
    const given = operand === undefined ? undefined : /^[^-].*$/s.exec(PROCESS.args[0] ?? "")?.[0];
    const args = given === undefined ? PROCESS.args : PROCESS.args.slice(1);
    const { settings, warnings, help } = loadSettings(groups, { ...PROCESS, args });
    const usage = `deno task ${name}${operand === undefined ? "" : ` ${operand}`} [flags]\n\n${about}`;
    if (help) return await exit(await print(helpText(name, usage, groups)));
    log = logAs(settings);
    checkTlsFiles(settings, groups);
    using signal = loggedStopSignal(log, exit);
    return await exit(
      await run(settings, warnings, log, signal, given) ?? EXIT.ok,
    );
  } catch (error) {
    return await crash(error);
  }
}

/** Prints to stdout. @returns the exit code */
async function print(text: string): Promise<number> {
  const output = new CommandOutput();
  await output.print(text);
  return output.exitCode(EXIT.ok);
}

const reasonsOf = (error: unknown): readonly string[] =>
  error instanceof SettingsError ? error.texts : [messageOf(error)];

/**
 * Exits once the log is written, or after {@link FLUSH_TIMEOUT_MS}. Errors that could not be written to the log are printed to stderr.
 */
async function exitAfterFlush(output: LogOutput, logTo: "stdout" | "stderr", code: number): Promise<never> {
  const unwritten = await output.close(FLUSH_TIMEOUT_MS);
  if (unwritten !== "" && logTo === "stdout") {
    const written = Deno.stderr.write(new TextEncoder().encode(unwritten)).catch(() => {});
    await waitAtMost(FLUSH_TIMEOUT_MS, written);
  }
  Deno.exit(code);
}

/** Logs process warnings and uncaught errors. Deno would print them to stderr, which can block or fail. */
function redirectDiagnostics(log: Log, crash: (error: unknown) => Promise<never>): void {
  process.removeAllListeners("warning");
  process.on("warning", (warning) => log("warn", "process_warning", messageOf(warning)));
  globalThis.addEventListener("error", (event) => {
    event.preventDefault();
    void crash(event.error);
  });
  globalThis.addEventListener("unhandledrejection", (event) => {
    event.preventDefault();
    void crash(event.reason);
  });
}
