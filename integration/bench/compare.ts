/**
 * The command `deno task bench:compare COMMIT`: runs the consumers of this checkout and of another commit in alternating pairs on the
 * same servers. Prints CPU seconds per additional million records, rows/s and peak memory of each pair, and the median ratios.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { checkout } from "../harness/project.ts";
import { measureConsumer } from "./consumer_run.ts";
import { fill, type FilledTopic } from "./fill.ts";
import { cpuPerAdditionalMillion, rateFromFirstRow } from "./results.ts";
import { median } from "./runs.ts";
import { type Bench, openBench } from "./servers.ts";

const { values, positionals: [commit] } = parseArgs({
  allowPositionals: true,
  options: {
    pairs: { type: "string", default: "5" },
    records: { type: "string", default: "2000000" },
    "short-records": { type: "string", default: "200000" },
  },
});
if (commit === undefined) {
  console.error(
    "Usage: deno task bench:compare COMMIT [--pairs 5] [--records 2000000] [--short-records 200000]",
  );
  Deno.exit(2);
}

/** Measurements of one checkout in one pair, or the ratios of two. */
interface Measurements {
  readonly cpuSeconds: number;
  readonly rowsPerSecond: number;
  readonly peakMiB: number;
}

async function measure(
  bench: Bench,
  topics: readonly [short: FilledTopic, long: FilledTopic],
  project?: string,
): Promise<Measurements> {
  const options = project === undefined ? {} : { project };
  const short = await measureConsumer(bench, topics[0], options);
  const long = await measureConsumer(bench, topics[1], options);
  return {
    cpuSeconds: cpuPerAdditionalMillion(short, long),
    rowsPerSecond: rateFromFirstRow(long),
    peakMiB: (long.peakBytes ?? NaN) / 2 ** 20,
  };
}

async function compare(commit: string): Promise<void> {
  await using other = await checkout(commit);
  await using bench = await openBench((message) => console.error(message));
  const topics = [
    await fill(bench, { records: Number(values["short-records"]), partitions: 6 }),
    await fill(bench, { records: Number(values.records), partitions: 6 }),
  ] as const;
  // The first run after the servers' start is slower than all later ones.
  await measure(bench, topics);

  const ratios: Measurements[] = [];
  console.log(`pair | CPU s per additional million: ${commit}, this, ratio | rows/s | peak MiB`);
  for (let pair = 1; pair <= Number(values.pairs); pair++) {
    const otherFirst = pair % 2 === 1;
    const first = await measure(bench, topics, otherFirst ? other.folder : undefined);
    const second = await measure(bench, topics, otherFirst ? undefined : other.folder);
    const [before, after] = otherFirst ? [first, second] : [second, first];
    const ratio: Measurements = {
      cpuSeconds: after.cpuSeconds / before.cpuSeconds,
      rowsPerSecond: after.rowsPerSecond / before.rowsPerSecond,
      peakMiB: after.peakMiB / before.peakMiB,
    };
    ratios.push(ratio);
    const format = (name: keyof Measurements, digits: number) =>
      `${before[name].toFixed(digits)}, ${after[name].toFixed(digits)}, ${ratio[name].toFixed(2)}`;
    console.log(
      `${pair} | ${format("cpuSeconds", 3)} | ${format("rowsPerSecond", 0)} | ${format("peakMiB", 0)}`,
    );
  }
  const medianRatio = (name: keyof Measurements) => median(ratios, (ratio) => ratio[name])[name].toFixed(2);
  console.log(
    `Median ratios: CPU ${medianRatio("cpuSeconds")}, rows/s ${medianRatio("rowsPerSecond")}, peak ${
      medianRatio("peakMiB")
    }.`,
  );
}

await compare(commit);
// kafkajs keeps timers after it is disconnected.
Deno.exit();
