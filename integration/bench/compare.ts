/**
 * `deno task bench:compare COMMIT`: the consumer of this checkout next to that of another commit, in alternating pairs of runs on the
 * same servers. Prints CPU seconds per additional million records, rows/s and peak memory of each pair, and the median ratios.
 *
 * @module
 */
import { parseArgs } from "node:util";
import { checkout } from "../harness/project.ts";
import { fill, type Filled } from "./fill.ts";
import { perFurtherMillion, rateOf } from "./results.ts";
import { median } from "./runs.ts";
import { type Bench, openBench } from "./servers.ts";
import { drain } from "./sink.ts";

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

/** Figures of one checkout in one pair. */
interface Figures {
  readonly cpuSeconds: number;
  readonly rowsPerSecond: number;
  readonly peakMiB: number;
}

async function run(
  bench: Bench,
  topics: readonly [short: Filled, long: Filled],
  project?: string,
): Promise<Figures> {
  const options = project === undefined ? {} : { project };
  const [short, long] = [await drain(bench, topics[0], options), await drain(bench, topics[1], options)];
  return {
    cpuSeconds: perFurtherMillion(short, long),
    rowsPerSecond: rateOf(long),
    peakMiB: (long.peakBytes ?? NaN) / 2 ** 20,
  };
}

async function compare(commit: string): Promise<void> {
  await using other = await checkout(commit);
  await using bench = await openBench((text) => console.error(text));
  const topics = [
    await fill(bench, { records: Number(values["short-records"]), partitions: 6 }),
    await fill(bench, { records: Number(values.records), partitions: 6 }),
  ] as const;
  // The first run after the servers' start is slower than all later ones.
  await run(bench, topics);

  const ratios: Figures[] = [];
  console.log(`pair | CPU s per additional million: ${commit}, this, ratio | rows/s | peak MiB`);
  for (let pair = 1; pair <= Number(values.pairs); pair++) {
    const otherFirst = pair % 2 === 1;
    const first = await run(bench, topics, otherFirst ? other.folder : undefined);
    const second = await run(bench, topics, otherFirst ? undefined : other.folder);
    const [before, after] = otherFirst ? [first, second] : [second, first];
    const ratio: Figures = {
      cpuSeconds: after.cpuSeconds / before.cpuSeconds,
      rowsPerSecond: after.rowsPerSecond / before.rowsPerSecond,
      peakMiB: after.peakMiB / before.peakMiB,
    };
    ratios.push(ratio);
    const triple = (name: keyof Figures, digits: number) =>
      `${before[name].toFixed(digits)}, ${after[name].toFixed(digits)}, ${ratio[name].toFixed(2)}`;
    console.log(
      `${pair} | ${triple("cpuSeconds", 3)} | ${triple("rowsPerSecond", 0)} | ${triple("peakMiB", 0)}`,
    );
  }
  const middle = (name: keyof Figures) => median(ratios, (ratio) => ratio[name])[name].toFixed(2);
  console.log(
    `Median ratios: CPU ${middle("cpuSeconds")}, rows/s ${middle("rowsPerSecond")}, peak ${
      middle("peakMiB")
    }.`,
  );
}

await compare(commit);
// kafkajs keeps timers after it is disconnected.
Deno.exit();
