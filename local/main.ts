/**
 * `deno task start`: runs the whole pipeline on this machine without Docker. See `--help`.
 *
 * @module
 */
import { stopSignal } from "../shared/lifecycle.ts";
import { isVersionRequested, VERSION_TEXT } from "../shared/observe/build_info.ts";
import { SettingsError } from "../shared/settings/error.ts";
import { loadSelectedStreams } from "../shared/streams.ts";
import { ServerError } from "./servers/mod.ts";
import { Terminal } from "./terminal.ts";
import { FolderLock } from "./folder_lock.ts";
import { DATABASE, help, type Options, readOptions } from "./options.ts";
import { type Pipeline, PipelineError, startPipeline } from "./pipeline.ts";
import { runPipeline } from "./run.ts";
import { formatInteger } from "./screen.ts";
import { PROJECT } from "./service_task.ts";
import { Steps } from "./steps.ts";

/** Relative to the project. */
const FOLDER = Deno.env.get("START_FOLDER") || ".cache";
const FOLDERS = { data: `${FOLDER}/data`, logs: `${FOLDER}/logs` };

/** Longer log lines are truncated when printed. */
const LOG_LINE_LENGTH_MAX = 200;

/** Exit codes, besides 0 and those of a service that failed. */
const EXIT = { failed: 1, badSettings: 2, interrupted: 130 };

async function main(): Promise<number> {
  using terminal = new Terminal();
  try {
    if (isVersionRequested(Deno.args)) {
      console.log(VERSION_TEXT);
      return 0;
    }
    const options = readOptions();
    if (options.help) {
      console.log(help());
      return 0;
    }
    Deno.chdir(PROJECT);
    deleteLibpqVariables();
    const lock = FolderLock.take(FOLDERS.data);
    if (typeof lock === "number") {
      terminal.print(
        `Already running on ${await Deno.realPath(FOLDERS.data)} (pid ${lock}). Stop it first.`,
      );
      return EXIT.failed;
    }
    using _held = lock;
    return await start(options, terminal);
  } catch (error) {
    return printError(error, terminal);
  }
}

async function start({ settings, flags }: Options, terminal: Terminal): Promise<number> {
  const steps = new Steps(terminal);
  using signal = stopSignal(() => {}, () => {
    // The watcher shell of each ServerProcess stops the processes that still run.
    terminal.print("Exiting immediately.");
    terminal[Symbol.dispose]();
    Deno.exit(EXIT.interrupted);
  });
  // Before the servers start: a mistake in a stream file is reported at once.
  const streams = await loadSelectedStreams(settings);
  try {
    await using pipeline = await startPipeline(settings, flags, {
      dataFolder: FOLDERS.data,
      logFolder: FOLDERS.logs,
      topics: streams.map(({ topic }) => topic),
      print: steps.print,
      signal,
    });
    const notes = notesFor(pipeline, streams.map(({ table }) => table));
    try {
      const lag = await runPipeline(
        pipeline,
        { count: settings.PRODUCER_COUNT, notes, signal },
        terminal,
        steps,
      );
      if (lag > 0) {
        steps.print(`${formatInteger(lag)} records remain in Kafka and are stored at the next start.`);
      }
    } catch (error) {
      // Printed before the other parts are stopped, which may take a while.
      return printError(error, terminal);
    }
  } catch (error) {
    // Errors after an interrupt are consequences of it.
    if (!signal.aborted) throw error;
  }
  steps.print(`Stopped. The next start resumes from the data in ${FOLDERS.data}.`);
  return 0;
}

/** Lines below the figures: where to see the rows and the logs. */
function notesFor(
  { postgres: { host, port, user, password }, dashboardUrl }: Pipeline,
  tables: string[],
): string[] {
  const psql = `PGPASSWORD=${password} psql -h ${host} -p ${port} -U ${user} -d ${DATABASE}`;
  return [
    `Dashboard: ${dashboardUrl}`,
    "Query the rows:",
    ...tables.map((table) => `  ${psql} -c 'TABLE ${table} LIMIT 10'`),
    `Logs: ${FOLDERS.logs}. Press Ctrl-C to stop.`,
  ];
}

/** Clients of this program connect to its own servers, regardless of `PGOPTIONS`, `PGSSLMODE` … in the environment. */
function deleteLibpqVariables(): void {
  Object.keys(Deno.env.toObject()).filter((name) => name.startsWith("PG")).forEach((name) =>
    Deno.env.delete(name)
  );
}

function printError(error: unknown, terminal: Terminal): number {
  if (error instanceof SettingsError) {
    error.texts.forEach((text) => terminal.print(text));
    return EXIT.badSettings;
  }
  if (error instanceof ServerError) {
    terminal.print(error.message);
    return EXIT.failed;
  }
  if (error instanceof PipelineError) {
    terminal.print(error.message);
    error.log.forEach((line) => terminal.print(`  ${line.slice(0, LOG_LINE_LENGTH_MAX)}`));
    return error.exitCode;
  }
  throw error;
}

Deno.exit(await main());
