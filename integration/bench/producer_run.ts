/**
 * Producer throughput without a rate limit, and that of Kafka's ProducerPerformance.
 *
 * @module
 */
import { taskArguments } from "../../local/service_task.ts";
import { loadAverage, startProgram } from "./program.ts";
import type { KafkaServer } from "../../local/servers/mod.ts";
import { type Bench, createTopic, deleteTopics } from "./servers.ts";

export interface ProducerRun {
  readonly records: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | undefined;
  /** {@link loadAverage} before the run. */
  readonly load: number;
}

/** Sends records to a new topic, without a rate limit. */
export async function measureProducer(
  bench: Bench,
  records: number,
  partitions: number,
): Promise<ProducerRun> {
  const { prefix, topic } = await createTopic(bench, partitions);
  const load = loadAverage();
  const usage = await startProgram(taskArguments("producer"), {
    ...bench.env,
    KAFKA_TOPIC_PREFIX: prefix,
    PRODUCER_COUNT: String(records),
    PRODUCER_RATE: "0",
  }).ended;
  await deleteTopics(bench, [topic]);
  const { wallSeconds: seconds, cpuSeconds, peakBytes } = usage;
  return { records, seconds, cpuSeconds, peakBytes, load };
}

/** Mean length of the producer's values. */
const VALUE_BYTES = 100;
const TOOL_TIMEOUT_MS = 300_000;

/** Measurements of Kafka's ProducerPerformance. */
export interface ProducerPerformanceRun {
  readonly records: number;
  /** Without the start of the JVM. */
  readonly seconds: number;
  /** With the start of the JVM; `undefined` if the tool runs in a container. */
  readonly cpuSeconds: number | undefined;
  /** {@link loadAverage} before the run. */
  readonly load: number;
}

/** Runs Kafka's ProducerPerformance with `acks=all` and records of the same size. */
export async function measureProducerPerformance(
  bench: Bench,
  kafka: KafkaServer,
  records: number,
  partitions: number,
): Promise<ProducerPerformanceRun> {
  const { topic } = await createTopic(bench, partitions);
  const load = loadAverage();
  const before = await childCpuSeconds();
  const { stdout, stderr, code } = await kafka.tool("kafka-producer-perf-test", [
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
  ], { timeoutMs: TOOL_TIMEOUT_MS });
  const after = await childCpuSeconds();
  await deleteTopics(bench, [topic]);
  const rates = [...stdout.matchAll(/records sent, ([\d.]+) records\/sec/g)];
  if (code !== 0 || rates.length === 0) throw new Error(`kafka-producer-perf-test: ${stderr || stdout}`);
  // A tool in a container is not a child of this process.
  const cpuSeconds = after > before ? after - before : undefined;
  return { records, seconds: records / Number(rates.at(-1)![1]), cpuSeconds, load };
}

/** Unit of times in /proc (`USER_HZ`). */
const TICKS_PER_SECOND = 100;

/** Returns the user and system time of all child processes that have exited; `NaN` without /proc. */
async function childCpuSeconds(): Promise<number> {
  const stat = await Deno.readTextFile("/proc/self/stat").catch(() => "");
  // The name in parentheses may contain spaces. After it, the state is field 3; cutime and cstime are 16 and 17 (man proc_pid_stat).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
