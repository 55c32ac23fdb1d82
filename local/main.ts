/**
 * `deno task start`: runs the whole pipeline on this machine with one command. See `--help`.
 *
 * @module
 */
import { stopSignal } from "../shared/lifecycle.ts";
import { isVersionRequested, VERSION_TEXT } from "../shared/observe/build_info.ts";
import { SettingsError } from "../shared/settings/error.ts";
import type { Settings } from "../shared/settings/table.ts";
import { loadSelectedStreams } from "../shared/streams.ts";
import { ServerError } from "./servers/mod.ts";
import { Terminal } from "./terminal.ts";
import { quoted } from "./env_file.ts";
import { FolderLock } from "./folder_lock.ts";
import { Keyboard } from "./keyboard.ts";
import { DATABASE, help, type Options, readOptions } from "./options.ts";
import { type Pipeline, PipelineError, startPipeline } from "./pipeline.ts";
import { runPipeline } from "./run.ts";
import { formatInteger } from "./screen.ts";
import { PROJECT } from "./service_task.ts";
import { Steps } from "./steps.ts";

/** Longer log lines are truncated when printed. */
const LOG_LINE_LENGTH_MAX = 200;

/** Exit codes, besides 0 and those of a service that failed. */
const EXIT = { failed: 1, badSettings: 2, interrupted: 130 };

/** Paths relative to the project. */
function pathsIn({ START_FOLDER: folder }: Settings) {
  return { dataFolder: `${folder}/data`, logFolder: `${folder}/logs`, envFile: `${folder}/start.env` };
}

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
    const { dataFolder } = pathsIn(options.settings);
    const lock = FolderLock.take(dataFolder);
    if (typeof lock === "number") {
      terminal.print(`Already running on ${await Deno.realPath(dataFolder)} (pid ${lock}). Stop it first.`);
      return EXIT.failed;
    }
    using _held = lock;
    using keyboard = await Keyboard.open();
    return await start(options, terminal, keyboard);
  } catch (error) {
    return printError(error, terminal);
  }
}

async function start(options: Options, terminal: Terminal, keyboard: Keyboard | undefined): Promise<number> {
  const { settings } = options;
  const steps = new Steps(terminal);
  // A download is canceled; servers that are starting are stopped when they have started.
  const onFirst = () => steps.print("Stopping … A second Ctrl-C exits immediately.");
  using signal = stopSignal(onFirst, () => {
    // The watcher shell of each ServerProcess stops the processes that still run.
    terminal.print("Exiting immediately.");
    terminal[Symbol.dispose]();
    keyboard?.[Symbol.dispose]();
    Deno.exit(EXIT.interrupted);
  });
  // Before the servers start: a mistake in a stream file is reported at once.
  const streams = await loadSelectedStreams(settings);
  const paths = pathsIn(settings);
  const topics = streams.map(({ topic }) => topic);
  try {
    await using pipeline = await startPipeline(options, { ...paths, topics, print: steps.print, signal });
    terminal.print(notesFor(pipeline, paths, streams.map(({ table }) => table)).join("\n"));
    try {
      const lag = await runPipeline(
        pipeline,
        { count: settings.PRODUCER_COUNT, signal, ...!settings.START_EXIT && keyboard && { keyboard } },
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
  steps.print(`Stopped. The next start resumes from the data in ${paths.dataFolder}.`);
  return 0;
}

/** What can be done while the pipeline runs. */
function notesFor(
  { postgres: { host, port, user, password }, dashboardUrl }: Pipeline,
  { envFile, logFolder }: ReturnType<typeof pathsIn>,
  tables: string[],
): string[] {
  const psql = `PGPASSWORD=${password} psql -h ${host} -p ${port} -U ${user} -d ${DATABASE}`;
  return [
    "",
    `Dashboard: ${dashboardUrl}`,
    "Query the rows:",
    ...tables.map((table) => `  ${psql} -c 'TABLE ${table} LIMIT 10'`),
    "Run other programs with these servers:",
    `  deno task --env-file=${quoted(envFile)} producer --count 3`,
    `Logs: ${logFolder}. Press Ctrl-C to stop.`,
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
    error.texts.forEach((text) => terminal.print(text, "red"));
    return EXIT.badSettings;
  }
  if (error instanceof ServerError) {
    terminal.print(error.message, "red");
    return EXIT.failed;
  }
  if (error instanceof PipelineError) {
    terminal.print(error.message, "red");
    error.log.forEach((line) => terminal.print(`  ${line.slice(0, LOG_LINE_LENGTH_MAX)}`));
    return error.exitCode;
  }
  throw error;
}

Deno.exit(await main());
