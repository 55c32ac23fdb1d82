/**
 * Measures the consumer while it stores a topic.
 *
 * @module
 */
import type pg from "pg";
import { uniqueName } from "../harness/random.ts";
import { taskArguments } from "../../local/service_task.ts";
import type { FilledTopic } from "./fill.ts";
import { loadAverage, startProgram } from "./program.ts";
import type { Bench } from "./servers.ts";
import { checkpoint, emptyTables, tableBlocks } from "./tables.ts";

/** Measurements of the consumers that stored a topic. */
export interface ConsumerRun {
  readonly records: number;
  /** From process start to exit. */
  readonly seconds: number;
  /** From process start until another session sees the first rows. */
  readonly firstRowSeconds: number;
  /** From the first rows to the last. In this time {@link drained} records were stored. */
  readonly drainSeconds: number;
  /** Records stored after the first rows. */
  readonly drained: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | undefined;
  readonly transactions: number;
  /** {@link loadAverage} before the run. */
  readonly load: number;
}

const PROGRESS_POLL_INTERVAL_MS = 5;
const TIMEOUT_MS = 600_000;

export interface ConsumerRunOptions {
  /** Number of consumers in the group. CPU time is their sum, peak memory their maximum. Default: 1. */
  readonly consumers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Keeps the rows of earlier runs. */
  readonly keepRows?: boolean;
  /** Folder of the checkout whose consumer is run; this one by default. */
  readonly project?: string;
}

/** Stores a topic with a new consumer group. The table is emptied first, unless `keepRows` is set. */
export async function measureConsumer(
  bench: Bench,
  { prefix, records, stream, table = "routes_table" }: FilledTopic,
  { consumers = 1, env = {}, keepRows = false, project }: ConsumerRunOptions = {},
): Promise<ConsumerRun> {
  const { client } = bench;
  await (keepRows ? checkpoint(client) : emptyTables(client, table));
  const group = uniqueName("bench");
  const load = loadAverage();
  const blocks = await tableBlocks(client, table);
  const started = performance.now();
  const programs = Array.from({ length: consumers }, () =>
    startProgram(
      taskArguments("consumer", project),
      {
        ...bench.env,
        KAFKA_TOPIC_PREFIX: prefix,
        CONSUMER_GROUP_ID: group,
        CONSUMER_UNTIL_CAUGHT_UP: "true",
        ...stream && { STREAMS: stream },
        ...env,
      },
      project,
    ));
  const allEnded = Promise.all(programs.map(({ ended }) => ended));
  const progress = await Promise.race([
    pollProgress(client, group, records, started),
    allEnded.then(() => undefined),
  ]);
  const usages = await allEnded;
  const { first, last, drained } = progress ?? await pollProgress(client, group, records, started);
  const { rows: [row] } = await client.query<{ transactions: string }>(
    `SELECT count(DISTINCT xmin::text) AS transactions FROM ${table} WHERE ctid >= $1::tid`,
    [`(${blocks},0)`],
  );
  return {
    records,
    seconds: Math.max(...usages.map(({ wallSeconds }) => wallSeconds)),
    firstRowSeconds: first,
    drainSeconds: last - first,
    drained,
    cpuSeconds: usages.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    peakBytes: usages.reduce<number | undefined>(
      (max, { peakBytes }) => peakBytes === undefined ? max : Math.max(max ?? 0, peakBytes),
      undefined,
    ),
    transactions: Number(row!.transactions),
    load,
  };
}

/**
 * Polls the progress of a group until all records are stored.
 *
 * @returns the times at which the first and the last records were visible, in seconds after `started`, and the number of records stored
 * in between; and the number of successful polls
 */
export async function pollProgress(
  client: pg.Client,
  group: string,
  records: number,
  started: number,
): Promise<{ first: number; last: number; drained: number; polls: number }> {
  let polls = 0;
  let first: { at: number; records: number } | undefined;
  const deadline = started + TIMEOUT_MS;
  while (performance.now() < deadline) {
    // The query fails until the consumer has created the table.
    const stored = await client.query<{ stored: string }>(
      "SELECT coalesce(sum(next_offset), 0) AS stored FROM consumer_progress WHERE group_id = $1",
      [group],
    ).then(({ rows }) => {
      polls++;
      return Number(rows[0]!.stored);
    }, () => 0);
    const now = (performance.now() - started) / 1000;
    if (stored > 0) first ??= { at: now, records: stored };
    if (stored >= records) return { first: first!.at, last: now, drained: stored - first!.records, polls };
    await new Promise((resolve) => setTimeout(resolve, PROGRESS_POLL_INTERVAL_MS));
  }
  throw new Error(`The consumer did not store ${records} records within ${TIMEOUT_MS / 1000} s.`);
}
