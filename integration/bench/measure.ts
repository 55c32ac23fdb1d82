/**
 * Runs the selected parts of the benchmark.
 *
 * @module
 */
import { copyLimits } from "./copy.ts";
import { fill, type Filled } from "./fill.ts";
import { growth } from "./growth.ts";
import { latency } from "./latency.ts";
import { latencyLimits } from "./latency_limits.ts";
import type { Options } from "./options.ts";
import { produce, producerPerformance } from "./producing.ts";
import { loadAverage, start, type Usage } from "./program.ts";
import type { GrowthRuns, Results } from "./results.ts";
import { fastest } from "./runs.ts";
import { type Bench, removeTopics } from "./servers.ts";
import { drain } from "./sink.ts";

/** How much longer the long run of the sink is. */
const LONG = 5;

/** Measures. What is found is added to `results` as it is found, so that a part that fails leaves the others. */
export async function measure(bench: Bench, options: Options, results: Results): Promise<void> {
  const { records, partitions, runs, parts } = options;
  if (parts.includes("sink") || parts.includes("latency")) await measureSink(bench, options, results);
  if (parts.includes("producer")) {
    results.producer = await repeat(bench, runs, "producer", () => produce(bench, records, partitions));
    const { kafkaServer } = bench;
    if (kafkaServer) {
      const limits = await repeat(
        bench,
        runs,
        "limit: Kafka's own ProducerPerformance",
        () => producerPerformance(bench, kafkaServer, records, partitions),
      );
      results.producerPerformance = fastest(limits, ({ seconds }) => seconds);
    }
  }
  if (parts.includes("latency")) {
    const found = [];
    // The highest rate first, to warm up the broker's JVM; results are listed from the lowest rate.
    for (const rate of options.rates.toSorted((a, b) => b - a)) {
      bench.say(`latency at ${rate} records/s`);
      found.unshift(await latency(bench, { rate, seconds: options.seconds, partitions }));
    }
    results.latency = found;
    bench.say("limit: Kafka and PostgreSQL alone, one record after another");
    results.latencyLimits = await latencyLimits(bench);
  }
  if (parts.includes("growth")) {
    const found: GrowthRuns[] = [];
    results.growth = found;
    await growth(bench, options, (runs) => found.push(...runs));
  }
}

async function measureSink(bench: Bench, options: Options, results: Results): Promise<void> {
  const { records, partitions, runs, parts } = options;
  if (!parts.includes("sink")) {
    // Makes the consumer create the tables.
    const few = await fill(bench, { records: 1, partitions });
    await drain(bench, few);
    return removeTopics(bench, [few.topic]);
  }
  const topic = await fill(bench, { records, partitions });
  bench.say("warm-up");
  await drain(bench, topic);
  results.sink = await repeat(bench, runs, "sink", () => drain(bench, topic));
  bench.say("limit: PostgreSQL's COPY of the same rows");
  const copy = await copyLimits(bench, runs);
  if (copy) results.copy = copy;
  const reads = await repeat(bench, runs, "limit: kafkajs reading alone", () => kafkajsReads(bench, topic));
  results.kafkajsReads = fastest(reads, ({ wallSeconds }) => wallSeconds);
  await removeTopics(bench, [topic.topic]);
  const long = await fill(bench, { records: LONG * records, partitions });
  results.sinkLong = await repeat(
    bench,
    runs,
    `sink, ${LONG} times as many records`,
    () => drain(bench, long),
  );
  await removeTopics(bench, [long.topic]);
}

/** Does it so often, one after another, and says what it does. */
async function repeat<T>({ say }: Bench, runs: number, what: string, once: () => Promise<T>): Promise<T[]> {
  const found: T[] = [];
  for (let run = 1; run <= runs; run++) {
    say(`${what}, run ${run} of ${runs}`);
    found.push(await once());
  }
  return found;
}

async function kafkajsReads(bench: Bench, { topic, records }: Filled): Promise<Usage & { load: number }> {
  const load = loadAverage();
  const args = ["run", "-A", "--quiet", "integration/bench/kafkajs_reads.ts", topic, String(records)];
  const { wallSeconds, cpuSeconds, peakBytes } = await start(args, bench.env).ended;
  return { wallSeconds, cpuSeconds, peakBytes, load };
}
