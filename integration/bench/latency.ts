/**
 * Latency: from the moment a record was made to the moment another connection sees its row.
 *
 * @module
 */
import type pg from "pg";
import { uniqueName } from "../harness/names.ts";
import { service, start } from "./program.ts";
import { type Bench, newTopic, removeTopics } from "./servers.ts";
import { emptyTables } from "./tables.ts";

/** Latency at a rate, milliseconds. */
export interface LatencyRun {
  readonly rate: number;
  readonly rows: number;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  /**
   * 99 of 100 looks came this soon after the one before, by time, milliseconds: what the machine lets be measured. A busy machine keeps
   * the looks waiting as it keeps the pipeline waiting.
   */
  readonly resolution: number;
}

/** The producer's clock runs from before its first record: what starts slowly, a program and its connections, is left out. */
const WARM_UP_SECONDS = 3;

/** Measures at a rate for some seconds, all rows counted. */
export async function latency(
  bench: Bench,
  { rate, seconds, partitions }: { rate: number; seconds: number; partitions: number },
): Promise<LatencyRun> {
  const { client, env } = bench;
  const { prefix, topic } = await newTopic(bench, partitions);
  await emptyTables(client);
  const common = { ...env, KAFKA_TOPIC_PREFIX: prefix };
  const consumer = start(service("consumer"), { ...common, CONSUMER_GROUP_ID: uniqueName("bench") });
  const watching = new Watch(await bench.connect());
  try {
    // Past its joining of the group, so that what is measured is the steady state.
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    await start(service("producer"), {
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
  const latencies = Float64Array.from(
    rows,
    ({ xid, timestamp }) => watching.seen(Number(xid)) - timestamp * 1000,
  ).sort();
  const quantile = (q: number) =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * q))]!;
  return {
    rate,
    rows: latencies.length,
    p50: quantile(0.5),
    p99: quantile(0.99),
    p999: quantile(0.999),
    resolution: watching.resolution(),
  };
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

/** 2^32: what `xmin` leaves out of a transaction's number. */
const EPOCH = 2 ** 32;

/**
 * Looks, every millisecond or two, which transactions are visible to others. A transaction is when it is below the snapshot's `xmax`
 * and not among those in progress. What is found is late by one look at most, never early.
 */
class Watch {
  readonly #looks: { readonly at: number; readonly xmax: number; readonly running: readonly number[] }[] = [];
  #stopping = false;
  readonly #loop: Promise<void>;

  constructor(private readonly client: pg.Client) {
    this.#loop = this.#run();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      const { rows } = await this.client.query<{ snapshot: string }>(
        "SELECT pg_current_snapshot()::text AS snapshot",
      );
      const [, xmax, running] = rows[0]!.snapshot.split(":");
      this.#looks.push({
        at: performance.timeOrigin + performance.now(),
        xmax: Number(xmax) % EPOCH,
        running: running === "" ? [] : running!.split(",").map((xid) => Number(xid) % EPOCH),
      });
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  /** When a transaction was first seen to be visible, Unix milliseconds. */
  seen(xid: number): number {
    const known = this.#seen.get(xid);
    if (known !== undefined) return known;
    // The looks are in order of time, and xmax only grows: begin where it passed this transaction.
    let low = 0, high = this.#looks.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#looks[middle]!.xmax > xid) high = middle;
      else low = middle + 1;
    }
    while (this.#looks[low]?.running.includes(xid)) low++;
    const at = this.#looks[low]?.at;
    if (at === undefined) throw new Error(`Transaction ${xid} was never seen to be visible.`);
    this.#seen.set(xid, at);
    return at;
  }
  readonly #seen = new Map<number, number>();

  /** The time between two looks within which 99 % of the time lies. */
  resolution(): number {
    const gaps = Float64Array.from(this.#looks.slice(1), ({ at }, look) => at - this.#looks[look]!.at).sort();
    let rest = gaps.reduce((sum, gap) => sum + gap, 0) * 0.01;
    for (let gap = gaps.length - 1; gap >= 0; gap--) if ((rest -= gaps[gap]!) < 0) return gaps[gap]!;
    return 0;
  }

  /** Looks a last time and closes the connection. */
  async stop(): Promise<void> {
    this.#stopping = true;
    await this.#loop;
    await this.client.end();
  }
}
