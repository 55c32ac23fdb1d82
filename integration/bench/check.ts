/**
 * Compares the consumer's CPU time per million records with that of PostgreSQL's COPY of the same rows in the same run. Unlike
 * seconds, the ratio is comparable between machines.
 *
 * @module
 */
import { copyLimits } from "./copy.ts";
import { fill } from "./fill.ts";
import { perFurtherMillion, perMillion } from "./results.ts";
import { median } from "./runs.ts";
import { openBench } from "./servers.ts";
import { drain } from "./sink.ts";

/** Measured: 1.5 to 2.7, however busy the machine (docs/performance.md); with records decoded by kafkajs, one by one, it was 5. */
const RATIO_MAX = 3;
const SHORT = 100_000;
const LONG = 1_000_000;
const RUNS = 3;

await using bench = await openBench((text) => console.error(text));
const [short, long] = [
  await fill(bench, { records: SHORT, partitions: 6 }),
  await fill(bench, { records: LONG, partitions: 6 }),
];
const runs = [];
for (let run = 0; run < RUNS; run++) {
  // The difference of two runs excludes the cost of the start.
  const [few, many] = [await drain(bench, short), await drain(bench, long)];
  runs.push(perFurtherMillion(few, many));
}
const copy = await copyLimits(bench, RUNS);
if (!copy) {
  throw new Error("COPY from a file is required for the comparison. Use a superuser.");
}
const sink = median(runs, (run) => run);
const limit = perMillion({ ...copy.binary, records: copy.binary.rows });
const ratio = sink / limit;
console.log(
  `CPU per additional million records: consumer ${sink.toFixed(2)} s, PostgreSQL's COPY ${
    limit.toFixed(2)
  } s: ` +
    `${ratio.toFixed(2)} times as much (limit ${RATIO_MAX}).`,
);
if (ratio > RATIO_MAX) {
  console.error("The consumer is too slow. See docs/performance.md for profiling.");
  Deno.exitCode = 1;
}
