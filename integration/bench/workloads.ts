/**
 * Consumer throughput by workload: one parameter changes at a time.
 *
 * The values of a series are measured in rounds, so that a busy period of the machine affects one round of all values and not one value.
 *
 * @module
 */
import { TcpProxy } from "../harness/tcp_proxy.ts";
import { fill, type Filled, fillWide } from "./fill.ts";
import type { GrowthRuns } from "./results.ts";
import { type Bench, removeTopics } from "./servers.ts";
import { drain, type SinkOptions, type SinkRun } from "./sink.ts";
import { growTable } from "./tables.ts";

/** How far it is taken. */
export interface GrowthOptions {
  readonly records: number;
  readonly partitions: number;
  /** How often each is measured. */
  readonly runs: number;
  /** Rows in the table before. */
  readonly rowsBefore: readonly number[];
}

const MALFORMED_PERCENT = [0, 1, 10];
const PARTITIONS = [1, 6, 24];
const CONSUMERS = [1, 2, 3];
const VALUE_BYTES = [100, 1_000, 10_000];
const ROUND_TRIP_MS = [0, 2, 20];
/** Bytes of all values of a topic of wide records. */
const TOPIC_BYTES_MAX = 500_000_000;

/** One value of a series, and how it is measured. */
interface Case {
  readonly value: number;
  readonly topic: Filled;
  readonly options?: SinkOptions;
  /** Where it is not the benchmark's own database. */
  readonly bench?: Bench;
}

/** Runs them all; each series is told when it is found. */
export async function growth(
  bench: Bench,
  options: GrowthOptions,
  found: (runs: readonly GrowthRuns[]) => void,
): Promise<void> {
  const { records, partitions, rowsBefore } = options;
  const series = async (what: string, cases: readonly Case[]) => {
    const runs = cases.map((): SinkRun[] => []);
    for (let round = 1; round <= options.runs; round++) {
      for (const [index, { value, topic, options, bench: other }] of cases.entries()) {
        bench.say(`${what}: ${value}, round ${round}`);
        runs[index]!.push(await drain(other ?? bench, topic, options));
      }
    }
    found(cases.map(({ value }, index) => ({ what, value, runs: runs[index]! })));
  };
  const withTopics = async (what: string, topics: readonly (readonly [value: number, topic: Filled])[]) => {
    await series(what, topics.map(([value, topic]) => ({ value, topic })));
    await removeTopics(bench, topics.map(([, { topic }]) => topic));
  };

  const usual = await fill(bench, { records, partitions });
  await series(
    "consumers",
    CONSUMERS.map((value) => ({ value, topic: usual, options: { consumers: value } })),
  );
  await roundTrips(bench, usual, series);
  await tables(bench, usual, rowsBefore, series);
  await removeTopics(bench, [usual.topic]);

  const malformed = [];
  for (const percent of MALFORMED_PERCENT) {
    malformed.push(
      [percent, await fill(bench, { records, partitions, malformedRatio: percent / 100 })] as const,
    );
  }
  await withTopics("malformed, %", malformed);
  const parted = [];
  for (const count of PARTITIONS) {
    parted.push([count, await fill(bench, { records, partitions: count })] as const);
  }
  await withTopics("partitions", parted);
  const wide = [];
  for (const valueBytes of VALUE_BYTES) {
    const few = Math.min(records, Math.floor(TOPIC_BYTES_MAX / valueBytes));
    wide.push([valueBytes, await fillWide(bench, { records: few, partitions, valueBytes })] as const);
  }
  await withTopics("bytes of a value", wide);
}

type Series = (what: string, cases: readonly Case[]) => Promise<void>;

async function roundTrips(bench: Bench, topic: Filled, series: Series): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const cases: Case[] = [];
  for (const value of ROUND_TRIP_MS) {
    const proxy = stack.use(new TcpProxy(`${bench.settings.PGHOST}:${bench.settings.PGPORT}`));
    await proxy.setLatency(value / 2);
    const env = { PGHOST: "127.0.0.1", PGPORT: proxy.address.split(":")[1]! };
    cases.push({ value, topic, options: { env } });
  }
  await series("round trip to PostgreSQL, ms", cases);
}

/** Each table is in a database of its own, so that they can be measured in turn. */
async function tables(
  bench: Bench,
  topic: Filled,
  rowsBefore: readonly number[],
  series: Series,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const cases: Case[] = [];
  for (const value of rowsBefore) {
    const other = stack.use(await bench.otherDatabase());
    // The consumer makes the table.
    await drain(other, topic);
    bench.say(`putting ${value} rows into a table`);
    await growTable(other.client, value);
    cases.push({ value, topic, bench: other, options: { keepRows: value > 0 } });
  }
  await series("rows in the table before", cases);
}
