/**
 * The producer at work, unthrottled, beside Kafka's own ProducerPerformance.
 *
 * @module
 */
import { taskArguments } from "../harness/task.ts";
import { loadAverage, start } from "./program.ts";
import { type Bench, newTopic, removeTopics } from "./servers.ts";

/** What sending took. */
export interface ProducerRun {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | undefined;
  /** {@link loadAverage} before it. */
  readonly load: number;
}

/** Has the producer send `records` records as fast as it can. */
export async function produce(bench: Bench, records: number, partitions: number): Promise<ProducerRun> {
  const { prefix, topic } = await newTopic(bench, partitions);
  const load = loadAverage();
  const usage = await start(taskArguments("producer"), {
    ...bench.env,
    KAFKA_TOPIC_PREFIX: prefix,
    PRODUCER_COUNT: String(records),
    PRODUCER_RATE: "0",
  }).ended;
  await removeTopics(bench, [topic]);
  const { wallSeconds: seconds, cpuSeconds, peakBytes } = usage;
  return { records, seconds, cpuSeconds, peakBytes, load };
}

/** Bytes of a record's value, on the average. */
const VALUE_BYTES = 100;

/**
 * Kafka's own tool with records of the same size and the same acks.
 *
 * @returns records a second, without the start of its JVM; `undefined` where the servers were not started here
 */
export async function producerPerformance(
  bench: Bench,
  records: number,
  partitions: number,
): Promise<number | undefined> {
  if (!bench.kafkaServer) return undefined;
  const { topic } = await newTopic(bench, partitions);
  const { stdout, stderr, code } = await bench.kafkaServer.tool("kafka-producer-perf-test", [
    "--topic",
    topic,
    "--num-records",
    String(records),
    "--record-size",
    String(VALUE_BYTES),
    "--throughput",
    "-1",
    "--producer-props",
    "acks=all",
  ], { timeoutMs: 300_000 });
  await removeTopics(bench, [topic]);
  const rates = [...stdout.matchAll(/records sent, ([\d.]+) records\/sec/g)];
  if (code !== 0 || rates.length === 0) throw new Error(`kafka-producer-perf-test: ${stderr || stdout}`);
  return Number(rates.at(-1)![1]);
}
