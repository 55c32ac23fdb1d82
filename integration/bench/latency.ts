/**
 * End-to-end latency: from the creation of a record until another connection sees its row.
 *
 * @module
 */
import type pg from "pg";
import { uniqueName } from "../harness/random.ts";
import { taskArguments } from "../../local/service_task.ts";
import { loadAverage, startProgram } from "./program.ts";
import { type Quantiles, quantiles } from "./quantiles.ts";
import { type Bench, createTopic, deleteTopics } from "./servers.ts";
import { SnapshotPoller } from "./snapshot_poller.ts";
import { checkpoint, emptyTables } from "./tables.ts";

/** Latency at a rate, milliseconds. */
export interface LatencyRun extends Quantiles {
  /** Records per second. */
  readonly rate: number;
  readonly rows: number;
  /** {@link SnapshotPoller.resolution}, milliseconds. Like the latency it increases when the machine is busy. */
  readonly resolution: number;
  /** {@link loadAverage} before the run. */
  readonly load: number;
}

/** Records of the first seconds are not counted. They are slower: connections are opened, and V8 and Kafka's JVM compile code. */
const WARM_UP_SECONDS = 10;
/** Time for the consumer to join its group. */
const JOIN_MS = 2_000;
const STORE_POLL_INTERVAL_MS = 200;
const STORE_TIMEOUT_MS = 60_000;

export async function measureLatency(
  bench: Bench,
  { rate, seconds, partitions }: { rate: number; seconds: number; partitions: number },
): Promise<LatencyRun> {
  const { client, env } = bench;
  const { prefix, topic } = await createTopic(bench, partitions);
  await emptyTables(client);
  await flushToDisk(client);
  const common = { ...env, KAFKA_TOPIC_PREFIX: prefix };
  const consumer = startProgram(taskArguments("consumer"), {
    ...common,
    CONSUMER_GROUP_ID: uniqueName("bench"),
  });
  const load = loadAverage();
  const poller = await SnapshotPoller.start(bench);
  try {
    await new Promise((resolve) => setTimeout(resolve, JOIN_MS));
    await startProgram(taskArguments("producer"), {
      ...common,
      PRODUCER_RATE: String(rate),
      PRODUCER_COUNT: String(rate * (seconds + WARM_UP_SECONDS)),
    }).ended;
    await waitForRows(client, rate * (seconds + WARM_UP_SECONDS));
  } finally {
    await poller.stop();
    await consumer.stop();
    await consumer.ended;
  }
  await deleteTopics(bench, [topic]);
  const { rows } = await client.query<{ xid: string; timestamp: number }>(
    `SELECT xmin::text AS xid, timestamp FROM routes_table
     WHERE timestamp >= (SELECT min(timestamp) FROM routes_table) + ${WARM_UP_SECONDS}`,
  );
  const latencies = rows.map(({ xid, timestamp }) => poller.visibleAt(Number(xid)) - timestamp * 1000);
  return { rate, rows: rows.length, ...quantiles(latencies), resolution: poller.resolution(), load };
}

/** Writes the data of earlier measurements to disk, which would delay the commits of the next one. */
async function flushToDisk(client: pg.Client): Promise<void> {
  await checkpoint(client);
  await new Deno.Command("sync").output().catch(() => {});
}

async function waitForRows(client: pg.Client, rows: number): Promise<void> {
  const deadline = performance.now() + STORE_TIMEOUT_MS;
  for (;;) {
    const { rows: [row] } = await client.query<{ count: string }>("SELECT count(*) FROM routes_table");
    if (Number(row!.count) >= rows) return;
    if (performance.now() > deadline) {
      throw new Error(
        `The consumer stored ${row!.count} of ${rows} rows within ${STORE_TIMEOUT_MS / 1000} s.`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, STORE_POLL_INTERVAL_MS));
  }
}
