/**
 * Consumer throughput by workload: each series varies one parameter.
 *
 * The values of a series are measured in rounds, so that temporary load on the machine affects one round of all values and not one value.
 *
 * @module
 */
import { TcpProxy } from "../harness/tcp_proxy.ts";
import { type ConsumerRun, type ConsumerRunOptions, measureConsumer } from "./consumer_run.ts";
import { fill, type FilledTopic, fillWide } from "./fill.ts";
import type { WorkloadRuns } from "./results.ts";
import { type Bench, deleteTopics } from "./servers.ts";
import { growTable } from "./tables.ts";

export interface WorkloadOptions {
  readonly records: number;
  readonly partitions: number;
  /** Runs of each value. */
  readonly runs: number;
  /** Numbers of rows already in the table. */
  readonly rowsBefore: readonly number[];
}

const MALFORMED_PERCENT = [0, 1, 10];
const PARTITIONS = [1, 6, 24];
const CONSUMERS = [1, 2, 3];
const VALUE_BYTES = [100, 1_000, 10_000];
const ROUND_TRIP_MS = [0, 2, 20];
/** Limits the number of records with long values. */
const TOPIC_BYTES_MAX = 500_000_000;

/** One value of a series. */
interface Case {
  readonly value: number;
  readonly topic: FilledTopic;
  readonly options?: ConsumerRunOptions;
  /** For another database. */
  readonly bench?: Bench;
}

/** @param onSeries called after each series */
export async function measureWorkloads(
  bench: Bench,
  options: WorkloadOptions,
  onSeries: (runs: readonly WorkloadRuns[]) => void,
): Promise<void> {
  const { records, partitions, rowsBefore } = options;
  const measureSeries: MeasureSeries = async (workload, cases) => {
    const runs = cases.map((): ConsumerRun[] => []);
    for (let round = 1; round <= options.runs; round++) {
      for (const [index, { value, topic, options, bench: other }] of cases.entries()) {
        bench.log(`${workload}: ${value}, round ${round}`);
        runs[index]!.push(await measureConsumer(other ?? bench, topic, options));
      }
    }
    onSeries(cases.map(({ value }, index) => ({ workload, value, runs: runs[index]! })));
  };
  const measureTopics = async (
    workload: string,
    topics: readonly (readonly [value: number, topic: FilledTopic])[],
  ) => {
    await measureSeries(workload, topics.map(([value, topic]) => ({ value, topic })));
    await deleteTopics(bench, topics.map(([, { topic }]) => topic));
  };

  const topic = await fill(bench, { records, partitions });
  await measureSeries(
    "consumers",
    CONSUMERS.map((value) => ({ value, topic, options: { consumers: value } })),
  );
  await measureRoundTrips(bench, topic, measureSeries);
  await measureRowsBefore(bench, topic, rowsBefore, measureSeries);
  await deleteTopics(bench, [topic.topic]);

  const byMalformed = [];
  for (const percent of MALFORMED_PERCENT) {
    byMalformed.push(
      [percent, await fill(bench, { records, partitions, malformedRatio: percent / 100 })] as const,
    );
  }
  await measureTopics("malformed, %", byMalformed);
  const byPartitions = [];
  for (const count of PARTITIONS) {
    byPartitions.push([count, await fill(bench, { records, partitions: count })] as const);
  }
  await measureTopics("partitions", byPartitions);
  const byValueBytes = [];
  for (const valueBytes of VALUE_BYTES) {
    const count = Math.min(records, Math.floor(TOPIC_BYTES_MAX / valueBytes));
    byValueBytes.push(
      [valueBytes, await fillWide(bench, { records: count, partitions, valueBytes })] as const,
    );
  }
  await measureTopics("value size, bytes", byValueBytes);
}

type MeasureSeries = (workload: string, cases: readonly Case[]) => Promise<void>;

async function measureRoundTrips(
  bench: Bench,
  topic: FilledTopic,
  measureSeries: MeasureSeries,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const cases: Case[] = [];
  for (const value of ROUND_TRIP_MS) {
    const proxy = stack.use(new TcpProxy(`${bench.settings.PGHOST}:${bench.settings.PGPORT}`));
    await proxy.setLatency(value / 2);
    const env = { PGHOST: "127.0.0.1", PGPORT: proxy.address.split(":")[1]! };
    cases.push({ value, topic, options: { env } });
  }
  await measureSeries("round trip to PostgreSQL, ms", cases);
}

/** Uses one database per number of rows, so that all can be measured in one round. */
async function measureRowsBefore(
  bench: Bench,
  topic: FilledTopic,
  rowsBefore: readonly number[],
  measureSeries: MeasureSeries,
): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const cases: Case[] = [];
  for (const value of rowsBefore) {
    const other = stack.use(await bench.createDatabase());
    // The consumer creates the table.
    await measureConsumer(other, topic);
    bench.log(`inserting ${value} rows into a table`);
    await growTable(other.client, value);
    cases.push({ value, topic, bench: other, options: { keepRows: value > 0 } });
  }
  await measureSeries("rows already in the table", cases);
}
