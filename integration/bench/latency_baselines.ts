/**
 * Latency of the servers alone, one record at a time: the lower limit for a pipeline.
 *
 * @module
 */
import { type Quantiles, quantiles } from "./quantiles.ts";
import { type Bench, newTopic, removeTopics } from "./servers.ts";

/** Kafka's part is missing where the servers were not started here. */
export interface LatencyLimits {
  /** From a record's sending to its being polled, by Kafka's own EndToEndLatency, to whole milliseconds. */
  readonly kafka?: Quantiles;
  /** An INSERT of one row and its commit. */
  readonly postgres: Quantiles;
}

const TIMES = 2_000;
const VALUE_BYTES = 100;

/** Measures both. */
export async function latencyLimits(bench: Bench): Promise<LatencyLimits> {
  const kafka = await kafkaAlone(bench);
  return { ...(kafka && { kafka }), postgres: await postgresAlone(bench) };
}

async function postgresAlone({ client }: Bench): Promise<Quantiles> {
  await client.query("CREATE TABLE committed (LIKE routes_table)");
  const times: number[] = [];
  for (let n = 0; n < TIMES; n++) {
    const before = performance.now();
    await client.query("INSERT INTO committed VALUES (1, 2, 3, 4)");
    times.push(performance.now() - before);
  }
  await client.query("DROP TABLE committed");
  return quantiles(times);
}

async function kafkaAlone(bench: Bench): Promise<Quantiles | undefined> {
  if (!bench.kafkaServer) return undefined;
  const { topic } = await newTopic(bench, 1);
  const { stdout, stderr, code } = await bench.kafkaServer.tool("kafka-e2e-latency", [
    "--topic",
    topic,
    "--num-records",
    String(TIMES),
    "--producer-acks",
    "all",
    "--record-size",
    String(VALUE_BYTES),
  ], { timeoutMs: 300_000 });
  await removeTopics(bench, [topic]);
  const [, p50, p99, p999] = /50th = (\d+), 99th = (\d+), 99\.9th = (\d+)/.exec(stdout) ?? [];
  if (code !== 0 || p999 === undefined) throw new Error(`kafka-e2e-latency: ${stderr || stdout}`);
  return { p50: Number(p50), p99: Number(p99), p999: Number(p999) };
}
