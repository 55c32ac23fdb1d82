/**
 * How the sink fares when circumstances change, one at a time.
 *
 * @module
 */
import { TcpProxy } from "../harness/tcp_proxy.ts";
import { fill, type Filled, fillWide } from "./fill.ts";
import type { GrowthRun } from "./results.ts";
import { type Bench, removeTopics } from "./servers.ts";
import { drain, type SinkOptions } from "./sink.ts";
import { growTable } from "./tables.ts";

/** How far it is taken. */
export interface GrowthOptions {
  readonly records: number;
  readonly partitions: number;
  /** Rows in the table before. */
  readonly rowsBefore: readonly number[];
}

const MALFORMED_PERCENT = [0, 1, 10];
const PARTITIONS = [1, 6, 24];
const CONSUMERS = [1, 2, 3];
const VALUE_BYTES = [100, 1_000, 10_000];
const ROUND_TRIP_MS = [0, 2, 20];
/** Bytes of all values of a topic of wide records. */
const MOST_BYTES = 500_000_000;

/** Runs them all; each is told as it is found. */
export async function growth(
  bench: Bench,
  { records, partitions, rowsBefore }: GrowthOptions,
  found: (run: GrowthRun) => void,
): Promise<void> {
  const measure = async (what: string, value: number, topic: Filled, options: SinkOptions = {}) => {
    bench.say(`${what}: ${value}`);
    found({ what, value, run: await drain(bench, topic, options) });
  };
  const withTopic = async (topic: Filled, use: () => Promise<void>) => {
    await use();
    await removeTopics(bench, [topic.topic]);
  };

  const usual = await fill(bench, { records, partitions });
  for (const consumers of CONSUMERS) await measure("consumers", consumers, usual, { consumers });
  for (const roundTripMs of ROUND_TRIP_MS) {
    await using proxy = new TcpProxy(`${bench.settings.PGHOST}:${bench.settings.PGPORT}`);
    await proxy.latency(roundTripMs / 2);
    const env = { PGHOST: "127.0.0.1", PGPORT: proxy.address.split(":")[1]! };
    await measure("round trip to PostgreSQL, ms", roundTripMs, usual, { env });
  }
  for (const rows of rowsBefore) {
    await bench.client.query("TRUNCATE routes_table");
    bench.say(`putting ${rows} rows into the table`);
    await growTable(bench.client, rows);
    await measure("rows in the table before", rows, usual, { keepRows: true });
  }
  await removeTopics(bench, [usual.topic]);

  for (const percent of MALFORMED_PERCENT) {
    const topic = await fill(bench, { records, partitions, malformedRatio: percent / 100 });
    await withTopic(topic, () => measure("malformed, %", percent, topic));
  }
  for (const count of PARTITIONS) {
    const topic = await fill(bench, { records, partitions: count });
    await withTopic(topic, () => measure("partitions", count, topic));
  }
  for (const valueBytes of VALUE_BYTES) {
    const few = Math.min(records, Math.floor(MOST_BYTES / valueBytes));
    const topic = await fillWide(bench, { records: few, partitions, valueBytes });
    await withTopic(topic, () => measure("bytes of a value", valueBytes, topic));
  }
}
