/**
 * Producer throughput without a rate limit, next to Kafka's ProducerPerformance.
 *
 * @module
 */
import { taskArguments } from "../../local/service_task.ts";
import { loadAverage, start } from "./program.ts";
import type { KafkaServer } from "../../local/servers/mod.ts";
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

/** What Kafka's own tool took. */
export interface ToolRun {
  readonly records: number;
  /** Without the start of its JVM. */
  readonly seconds: number;
  /** With the start of its JVM; `undefined` where it does not run as a process of this machine. */
  readonly cpuSeconds: number | undefined;
  /** {@link loadAverage} before it. */
  readonly load: number;
}

/** Kafka's own tool, on the broker that was started here, with records of the same size and the same acks. */
export async function producerPerformance(
  bench: Bench,
  kafka: KafkaServer,
  records: number,
  partitions: number,
): Promise<ToolRun> {
  const { topic } = await newTopic(bench, partitions);
  const load = loadAverage();
  const before = await childrenSeconds();
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
  ], { timeoutMs: 300_000 });
  const after = await childrenSeconds();
  await removeTopics(bench, [topic]);
  const rates = [...stdout.matchAll(/records sent, ([\d.]+) records\/sec/g)];
  if (code !== 0 || rates.length === 0) throw new Error(`kafka-producer-perf-test: ${stderr || stdout}`);
  // In a container it is not a child of this process.
  const cpuSeconds = after > before ? after - before : undefined;
  return { records, seconds: records / Number(rates.at(-1)![1]), cpuSeconds, load };
}

/** Linux counts in these, whatever its kernel's timer does (`USER_HZ`). */
const TICKS_PER_SECOND = 100;

/** User and system time of all children of this process that have ended, seconds, by `/proc`; `NaN` where there is none. */
async function childrenSeconds(): Promise<number> {
  const stat = await Deno.readTextFile("/proc/self/stat").catch(() => "");
  // Behind the name, which may hold anything: state is field 3, cutime and cstime are 16 and 17 (man proc_pid_stat).
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13]) + Number(fields[14])) / TICKS_PER_SECOND;
}
