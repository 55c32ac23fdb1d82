/**
 * `deno task start`: the whole pipeline on this machine, without Docker. `--help` tells more.
 *
 * @module
 */
import { stopSignal } from "../shared/lifecycle.ts";
import { isVersionRequested, VERSION_TEXT } from "../shared/observe/build_info.ts";
import { SettingsError } from "../shared/settings/error.ts";
import { loadStreams } from "../shared/streams.ts";
import { ServerError } from "./servers/mod.ts";
import { Terminal } from "./terminal.ts";
import { FolderLock } from "./folder_lock.ts";
import { DATABASE, help, type Options, readOptions } from "./options.ts";
import { type Pipeline, PipelineError, startPipeline } from "./pipeline.ts";
import { runPipeline } from "./run.ts";
import { formatInteger } from "./screen.ts";
import { PROJECT } from "./service_task.ts";
import { Steps } from "./steps.ts";

/** Relative to the project, as it is shown, or wherever `START_FOLDER` says. */
const FOLDER = Deno.env.get("START_FOLDER") || ".cache";
const FOLDERS = { data: `${FOLDER}/data`, logs: `${FOLDER}/logs` };

/** Characters that are shown of a line of a log. */
const LOG_LINE_CHARACTERS_MAX = 200;

/** Exit codes, beside 0 and those of a service that failed. */
const EXIT = { failed: 1, badSettings: 2, interrupted: 130 };

async function main(): Promise<number> {
  using display = new Terminal();
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
      display.print(
        `The pipeline runs already on ${await Deno.realPath(
          FOLDERS.data,
        )}, as process ${lock}. Stop that one first.`,
      );
      return EXIT.failed;
    }
    using _held = lock;
    return await start(options, display);
  } catch (error) {
    return printError(error, display);
  }
}

async function start({ settings, flags }: Options, display: Terminal): Promise<number> {
  const steps = new Steps(display);
  using signal = stopSignal(() => {}, () => {
    // The watcher shell of each ServerProcess stops the processes that still run.
    display.print("Exiting immediately.");
    display[Symbol.dispose]();
    Deno.exit(EXIT.interrupted);
  });
  try {
    await using pipeline = await startPipeline(settings, flags, {
      dataFolder: FOLDERS.data,
      logFolder: FOLDERS.logs,
      print: steps.print,
      signal,
    });
    const streams = await loadStreams(settings.STREAMS, settings.KAFKA_TOPIC_PREFIX);
    const notes = notesFor(pipeline, streams.map(({ table }) => table));
    try {
      const left = await runPipeline(
        pipeline,
        { count: settings.PRODUCER_COUNT, notes, signal },
        display,
        steps,
      );
      if (left > 0) {
        steps.print(`${formatInteger(left)} records are left in Kafka; the next start stores them.`);
      }
    } catch (error) {
      // Said before the rest is stopped, which may take a while.
      return printError(error, display);
    }
  } catch (error) {
    // Whatever comes of an interrupted set-up comes of that.
    if (!signal.aborted) throw error;
  }
  steps.print(`Stopped. The next start goes on with the data in ${FOLDERS.data}.`);
  return 0;
}

/** How to look at the rows, and where to read more. */
function notesFor(
  { postgres: { host, port, user, password }, dashboardUrl }: Pipeline,
  tables: string[],
): string[] {
  const psql = `PGPASSWORD=${password} psql -h ${host} -p ${port} -U ${user} -d ${DATABASE}`;
  return [
    `Look at the map: ${dashboardUrl}`,
    "Look at the rows:",
    ...tables.map((table) => `  ${psql} -c 'TABLE ${table} LIMIT 10'`),
    `Logs: ${FOLDERS.logs}. Ctrl-C stops everything, in order.`,
  ];
}

/** The clients of this program reach its own servers, whatever `PGOPTIONS`, `PGSSLMODE` … say of others. */
function deleteLibpqVariables(): void {
  Object.keys(Deno.env.toObject()).filter((name) => name.startsWith("PG")).forEach((name) =>
    Deno.env.delete(name)
  );
}

function printError(error: unknown, display: Terminal): number {
  if (error instanceof SettingsError) {
    error.problems.forEach((problem) => display.print(problem));
    return EXIT.badSettings;
  }
  if (error instanceof ServerError) {
    display.print(error.message);
    return EXIT.failed;
  }
  if (error instanceof PipelineError) {
    display.print(error.message);
    error.log.forEach((line) => display.print(`  ${line.slice(0, LOG_LINE_CHARACTERS_MAX)}`));
    return error.exitCode;
  }
  throw error;
}

Deno.exit(await main());
