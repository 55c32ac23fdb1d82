/**
 * End-to-end latency: from the creation of a record until another connection sees its row.
 *
 * @module
 */
import type pg from "pg";
import { uniqueName } from "../harness/random.ts";
import { taskArguments } from "../../local/service_task.ts";
import { loadAverage, start } from "./program.ts";
import { type Quantiles, quantiles } from "./quantiles.ts";
import { type Bench, newTopic, removeTopics } from "./servers.ts";
import { emptyTables } from "./tables.ts";
import { Watch } from "./watch.ts";

/** Latency at a rate, milliseconds. */
export interface LatencyRun extends Quantiles {
  readonly rate: number;
  readonly rows: number;
  /**
   * 99 of 100 looks came this soon after the one before, by time, milliseconds: what the machine lets be measured. A busy machine keeps
   * the looks waiting as it keeps the pipeline waiting.
   */
  readonly resolution: number;
  /** {@link loadAverage} before it. */
  readonly load: number;
}

/**
 * The producer's clock runs from before its first record: what starts slowly is left out, which is programs, connections, and above all
 * the compilers of V8 and of Kafka's JVM.
 */
const WARM_UP_SECONDS = 10;

/** Measures at a rate for some seconds, all rows counted. */
export async function latency(
  bench: Bench,
  { rate, seconds, partitions }: { rate: number; seconds: number; partitions: number },
): Promise<LatencyRun> {
  const { client, env } = bench;
  const { prefix, topic } = await newTopic(bench, partitions);
  await emptyTables(client);
  await writeOut(client);
  const common = { ...env, KAFKA_TOPIC_PREFIX: prefix };
  const consumer = start(taskArguments("consumer"), { ...common, CONSUMER_GROUP_ID: uniqueName("bench") });
  const load = loadAverage();
  const watching = await Watch.start(bench);
  try {
    // Past its joining of the group, so that what is measured is the steady state.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await start(taskArguments("producer"), {
      ...common,
      PRODUCER_RATE: String(rate),
      PRODUCER_COUNT: String(rate * (seconds + WARM_UP_SECONDS)),
    }).ended;
    await stored(client, rate * (seconds + WARM_UP_SECONDS));
  } finally {
    await watching.stop();
    await consumer.stop();
    await consumer.ended;
  }
  await removeTopics(bench, [topic]);
  const { rows } = await client.query<{ xid: string; timestamp: number }>(
    `SELECT xmin::text AS xid, timestamp FROM routes_table
     WHERE timestamp >= (SELECT min(timestamp) FROM routes_table) + ${WARM_UP_SECONDS}`,
  );
  const latencies = rows.map(({ xid, timestamp }) => watching.seen(Number(xid)) - timestamp * 1000);
  return { rate, rows: rows.length, ...quantiles(latencies), resolution: watching.resolution(), load };
}

/** What was measured before is still on its way to the disk, and commits would wait behind it. */
async function writeOut(client: pg.Client): Promise<void> {
  // Not everybody's account may.
  await client.query("CHECKPOINT").catch(() => {});
  await new Deno.Command("sync").output().catch(() => {});
}

/** Waits until so many rows are stored. */
async function stored(client: pg.Client, rows: number): Promise<void> {
  const deadline = performance.now() + 60_000;
  for (;;) {
    const { rows: [found] } = await client.query<{ count: string }>("SELECT count(*) FROM routes_table");
    if (Number(found!.count) >= rows) return;
    if (performance.now() > deadline) {
      throw new Error(`Only ${found!.count} of ${rows} rows were stored in time.`);
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
