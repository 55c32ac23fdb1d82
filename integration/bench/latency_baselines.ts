/**
 * Latency of the servers alone, one record at a time: the lower limit for a pipeline.
 *
 * @module
 */
import { type Quantiles, quantiles } from "./quantiles.ts";
import { type Bench, createTopic, deleteTopics } from "./servers.ts";

export interface LatencyBaselines {
  /** From sending a record to polling it, measured by Kafka's EndToEndLatency in whole milliseconds. Missing if the servers are external. */
  readonly kafka?: Quantiles;
  /** An INSERT of one row and its commit. */
  readonly postgres: Quantiles;
}

const RECORDS = 2_000;
const VALUE_BYTES = 100;
const TOOL_TIMEOUT_MS = 300_000;

export async function measureLatencyBaselines(bench: Bench): Promise<LatencyBaselines> {
  const kafka = await measureKafka(bench);
  return { ...(kafka && { kafka }), postgres: await measurePostgres(bench) };
}

async function measurePostgres({ client }: Bench): Promise<Quantiles> {
  await client.query("CREATE TABLE committed (LIKE routes_table)");
  const times: number[] = [];
  for (let n = 0; n < RECORDS; n++) {
    const before = performance.now();
    await client.query("INSERT INTO committed VALUES (1, 2, 3, 4)");
    times.push(performance.now() - before);
  }
  await client.query("DROP TABLE committed");
  return quantiles(times);
}

async function measureKafka(bench: Bench): Promise<Quantiles | undefined> {
  if (!bench.kafkaServer) return undefined;
  const { topic } = await createTopic(bench, 1);
  const { stdout, stderr, code } = await bench.kafkaServer.tool("kafka-e2e-latency", [
    "--topic",
    topic,
    "--num-records",
    String(RECORDS),
    "--producer-acks",
    "all",
    "--record-size",
    String(VALUE_BYTES),
  ], { timeoutMs: TOOL_TIMEOUT_MS });
  await deleteTopics(bench, [topic]);
  const [, p50, p99, p999] = /50th = (\d+), 99th = (\d+), 99\.9th = (\d+)/.exec(stdout) ?? [];
  if (code !== 0 || p999 === undefined) throw new Error(`kafka-e2e-latency: ${stderr || stdout}`);
  return { p50: Number(p50), p99: Number(p99), p999: Number(p999) };
}
