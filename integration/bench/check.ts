/**
 * The command `deno task bench:check`: compares the consumer's CPU time per additional million records with that of PostgreSQL's COPY of
 * the same rows in the same run. Unlike seconds, the ratio is comparable between machines.
 *
 * @module
 */
import { measureConsumer } from "./consumer_run.ts";
import { measureCopyBaselines } from "./copy_baselines.ts";
import { fill } from "./fill.ts";
import { cpuPerAdditionalMillion, cpuPerMillion } from "./results.ts";
import { median } from "./runs.ts";
import { openBench } from "./servers.ts";

/** Measured: 1.5 to 2.7, also on a busy machine (docs/performance.md), and 5 when kafkajs decoded the records. */
const RATIO_MAX = 3;
const SHORT_RUN_RECORDS = 100_000;
const LONG_RUN_RECORDS = 1_000_000;
const RUNS = 3;

await using bench = await openBench((message) => console.error(message));
const shortTopic = await fill(bench, { records: SHORT_RUN_RECORDS, partitions: 6 });
const longTopic = await fill(bench, { records: LONG_RUN_RECORDS, partitions: 6 });
const consumerRuns = [];
for (let run = 0; run < RUNS; run++) {
  const short = await measureConsumer(bench, shortTopic), long = await measureConsumer(bench, longTopic);
  consumerRuns.push(cpuPerAdditionalMillion(short, long));
}
const copyBaselines = await measureCopyBaselines(bench, RUNS);
if (!copyBaselines) {
  throw new Error("The comparison requires COPY from a file on the server. Connect as a superuser.");
}
const consumer = median(consumerRuns, (cpuSeconds) => cpuSeconds);
const { binary } = copyBaselines;
const copy = cpuPerMillion({ ...binary, records: binary.rows });
const ratio = consumer / copy;
console.log(
  `CPU per additional million records: consumer ${consumer.toFixed(2)} s, PostgreSQL's COPY ${
    copy.toFixed(2)
  } s: ` +
    `${ratio.toFixed(2)} times as much (limit ${RATIO_MAX}).`,
);
if (ratio > RATIO_MAX) {
  console.error("The consumer uses too much CPU time. docs/performance.md describes how to profile it.");
  Deno.exitCode = 1;
}
