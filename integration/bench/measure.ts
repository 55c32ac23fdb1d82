/**
 * Runs the selected parts of the benchmark.
 *
 * @module
 */
import { measureConsumer } from "./consumer_run.ts";
import { measureCopyBaselines } from "./copy_baselines.ts";
import { fill, type FilledTopic } from "./fill.ts";
import { type FormatRuns, measureFormats } from "./formats.ts";
import { measureLatency } from "./latency.ts";
import { measureLatencyBaselines } from "./latency_baselines.ts";
import type { Options } from "./options.ts";
import { measureProducer, measureProducerPerformance } from "./producer_run.ts";
import { loadAverage, startProgram, type Usage } from "./program.ts";
import type { Results, WorkloadRuns } from "./results.ts";
import { fastest } from "./runs.ts";
import { type Bench, deleteTopics } from "./servers.ts";
import { measureUpserts } from "./upsert.ts";
import { measureWorkloads } from "./workloads.ts";

/** Records of a long run relative to those of a short run. */
const LONG_RUN_FACTOR = 5;

/** Adds each result to `results` as soon as it is measured, so that an error loses none of the earlier ones. */
export async function measure(bench: Bench, options: Options, results: Results): Promise<void> {
  const { records, partitions, runs, parts } = options;
  if (parts.includes("sink")) await runSinkPart(bench, options, results);
  else if (parts.includes("latency")) {
    // The consumer creates the tables, which the baselines of latency require.
    const topic = await fill(bench, { records: 1, partitions });
    await measureConsumer(bench, topic);
    await deleteTopics(bench, [topic.topic]);
  }
  if (parts.includes("producer")) {
    results.producer = await repeat(
      bench,
      runs,
      "producer",
      () => measureProducer(bench, records, partitions),
    );
    const { kafkaServer } = bench;
    if (kafkaServer) {
      const baselines = await repeat(
        bench,
        runs,
        "baseline: Kafka's ProducerPerformance",
        () => measureProducerPerformance(bench, kafkaServer, records, partitions),
      );
      results.producerPerformance = fastest(baselines, ({ seconds }) => seconds);
    }
  }
  if (parts.includes("latency")) {
    const latencies = [];
    // The highest rate first, to warm up the broker's JVM; results are listed from the lowest rate.
    for (const rate of options.rates.toSorted((a, b) => b - a)) {
      bench.log(`latency at ${rate} records/s`);
      latencies.unshift(await measureLatency(bench, { rate, seconds: options.seconds, partitions }));
    }
    results.latency = latencies;
    bench.log("baseline: latency of Kafka and of PostgreSQL, one record at a time");
    results.latencyBaselines = await measureLatencyBaselines(bench);
  }
  if (parts.includes("upsert")) results.upsert = await measureUpserts(bench, options);
  if (parts.includes("growth")) {
    const growth: WorkloadRuns[] = [];
    results.growth = growth;
    await measureWorkloads(bench, options, (runs) => growth.push(...runs));
  }
  const formats: FormatRuns[] = [];
  for (const part of ["layouts", "types", "json"] as const) {
    if (!parts.includes(part)) continue;
    results.formats = formats;
    formats.push(...await measureFormats(bench, part, options));
  }
}

async function runSinkPart(bench: Bench, options: Options, results: Results): Promise<void> {
  const { records, partitions, runs } = options;
  const topic = await fill(bench, { records, partitions });
  bench.log("warm-up");
  await measureConsumer(bench, topic);
  results.sink = await repeat(bench, runs, "consumer", () => measureConsumer(bench, topic));
  bench.log("baseline: PostgreSQL's COPY of the same rows");
  const copy = await measureCopyBaselines(bench, runs);
  if (copy) results.copy = copy;
  const kafkajsRuns = await repeat(
    bench,
    runs,
    "baseline: kafkajs consumer that discards the records",
    () => measureKafkajsConsumer(bench, topic),
  );
  results.kafkajsConsumer = fastest(kafkajsRuns, ({ wallSeconds }) => wallSeconds);
  await deleteTopics(bench, [topic.topic]);
  const longTopic = await fill(bench, { records: LONG_RUN_FACTOR * records, partitions });
  results.sinkLong = await repeat(
    bench,
    runs,
    `consumer, ${LONG_RUN_FACTOR} times as many records`,
    () => measureConsumer(bench, longTopic),
  );
  await deleteTopics(bench, [longTopic.topic]);
}

/** Runs a measurement several times, sequentially. */
async function repeat<T>(
  { log }: Bench,
  runs: number,
  name: string,
  measureOnce: () => Promise<T>,
): Promise<T[]> {
  const results: T[] = [];
  for (let run = 1; run <= runs; run++) {
    log(`${name}, run ${run} of ${runs}`);
    results.push(await measureOnce());
  }
  return results;
}

async function measureKafkajsConsumer(
  bench: Bench,
  { topic, records }: FilledTopic,
): Promise<Usage & { load: number }> {
  const load = loadAverage();
  const args = ["run", "-A", "--quiet", "integration/bench/kafkajs_consumer.ts", topic, String(records)];
  const { wallSeconds, cpuSeconds, peakBytes } = await startProgram(args, bench.env).ended;
  return { wallSeconds, cpuSeconds, peakBytes, load };
}
