/**
 * Measures upserts: the consumer, and psql with the same number of records per transaction.
 *
 * @module
 */
import { uniqueName } from "../harness/random.ts";
import { taskArguments } from "../../local/service_task.ts";
import { pollProgress } from "./consumer_run.ts";
import { fillKeyed, type KeyedTopic } from "./fill_keyed.ts";
import { loadAverage, startProgram } from "./program.ts";
import { type Bench, deleteTopics } from "./servers.ts";
import { checkpoint } from "./tables.ts";
import { measurePsqlUpsert } from "./upsert_baseline.ts";

/** One run of the consumer and one of psql. */
export interface UpsertRun {
  readonly records: number;
  /** Records of a transaction, on average. */
  readonly batchRows: number;
  /** From the first commit to the last. In this time {@link drained} records were stored. */
  readonly drainSeconds: number;
  readonly drained: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | undefined;
  /** `undefined` without psql. */
  readonly psqlSeconds: number | undefined;
  readonly load: number;
}

/** Runs with large or small batches. */
export interface UpsertSeries {
  readonly batches: "large" | "small";
  readonly runs: readonly UpsertRun[];
}

/** Small transactions have one record batch of this size. */
const SMALL_BATCH_RECORDS = 100;
/** Small transactions are slower. */
const SMALL_SHARE = 0.2;

async function measureRun(bench: Bench, topic: KeyedTopic, env: Record<string, string>): Promise<UpsertRun> {
  const { client } = bench;
  const { records } = topic;
  await client.query("DROP TABLE IF EXISTS accounts");
  await checkpoint(client);
  const load = loadAverage(), group = uniqueName("bench"), started = performance.now();
  const before = await countCommits(bench);
  const program = startProgram(taskArguments("consumer"), {
    ...bench.env,
    ...topic.env,
    CONSUMER_GROUP_ID: group,
    CONSUMER_UNTIL_CAUGHT_UP: "true",
    ...env,
  });
  const progress = await Promise.race([
    pollProgress(client, group, records.length, started),
    program.ended.then(() => undefined),
  ]);
  const usage = await program.ended;
  const { first, last, drained, polls } = progress ??
    await pollProgress(client, group, records.length, started);
  const transactions = Math.max(1, await countCommits(bench) - before - polls);
  const batchRows = Math.ceil(records.length / transactions);
  await client.query("TRUNCATE accounts");
  await checkpoint(client);
  const psqlSeconds = await measurePsqlUpsert(bench, records, batchRows);
  const { cpuSeconds, peakBytes } = usage;
  return {
    ...{ records: records.length, batchRows, drainSeconds: last - first, drained, cpuSeconds, peakBytes },
    ...{ psqlSeconds, load },
  };
}

/** Number of transactions of the database. Other sessions have ended and reported theirs; the query makes this one report, too. */
async function countCommits({ client }: Bench): Promise<number> {
  await client.query("SELECT pg_stat_force_next_flush()");
  const { rows: [row] } = await client.query<{ commits: string }>(
    "SELECT xact_commit AS commits FROM pg_stat_database WHERE datname = current_database()",
  );
  return Number(row!.commits);
}

/** Measures large batches, as they result from the consumer's defaults, and small ones. */
export async function measureUpserts(
  bench: Bench,
  { records, partitions, runs }: { records: number; partitions: number; runs: number },
): Promise<UpsertSeries[]> {
  const series: UpsertSeries[] = [];
  const cases = [
    { batches: "large", count: records, batchRecords: 2_000, env: {} },
    {
      batches: "small",
      count: Math.ceil(records * SMALL_SHARE),
      batchRecords: SMALL_BATCH_RECORDS,
      env: { CONSUMER_FETCH_BYTES: "1000", CONSUMER_BATCH_BYTES: "1000" },
    },
  ] as const;
  for (const { batches, count, batchRecords, env } of cases) {
    await using topic = await fillKeyed(bench, { count, partitions, batchRecords });
    const measured: UpsertRun[] = [];
    for (let run = 1; run <= runs; run++) {
      bench.log(`upsert, ${batches} batches (${run}/${runs})`);
      measured.push(await measureRun(bench, topic, env));
    }
    series.push({ batches, runs: measured });
    await deleteTopics(bench, [topic.topic]);
  }
  return series;
}
