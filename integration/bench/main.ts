/**
 * The command `deno task bench`.
 *
 * @module
 */
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import { measure } from "./measure.ts";
import { HELP, type Options, readOptions } from "./options.ts";
import { renderPage } from "./report.ts";
import type { Results } from "./results.ts";
import { openBench } from "./servers.ts";
import { createTables, toMarkdown } from "./table.ts";

async function writeFile(path: string, text: string): Promise<void> {
  await Deno.mkdir(dirname(path), { recursive: true });
  await Deno.writeTextFile(path, text);
}

async function run(options: Options): Promise<void> {
  const results: Results = {
    date: new Date().toISOString(),
    machine: {
      cpus: availableParallelism(),
      os: `${Deno.build.os} ${Deno.build.arch}`,
      deno: Deno.version.deno,
      load: Deno.loadavg()[0]!,
    },
    records: options.records,
    partitions: options.partitions,
  };
  let failure: unknown;
  try {
    await using bench = await openBench((message) => console.error(message));
    await measure(bench, options, results);
  } catch (error) {
    // Write the results measured so far.
    failure = error;
  }
  console.log(createTables(results).map(toMarkdown).join("\n\n"));
  await writeFile(options.json, JSON.stringify(results, undefined, 2) + "\n");
  if (options.report !== undefined) await writeFile(options.report, await renderPage(results));
  if (failure !== undefined) throw failure;
}

try {
  const options = readOptions(Deno.args);
  if (options.help) console.log(HELP);
  else await run(options);
} catch (error) {
  // Print the first error, then those of the cleanup.
  for (let e: unknown = error; e !== undefined; e = e instanceof SuppressedError ? e.error : undefined) {
    console.error(e instanceof SuppressedError ? e.suppressed : e);
  }
  Deno.exitCode = 1;
}
// kafkajs keeps timers after it is disconnected.
Deno.exit();
