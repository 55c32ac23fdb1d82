/**
 * Measures the consumer while it stores a topic.
 *
 * @module
 */
import type pg from "pg";
import { uniqueName } from "../harness/random.ts";
import { taskArguments } from "../../local/service_task.ts";
import type { Filled } from "./fill.ts";
import { loadAverage, start } from "./program.ts";
import type { Bench } from "./servers.ts";
import { emptyTables, settle, tableBlocks } from "./tables.ts";

/** What draining a topic took. */
export interface SinkRun {
  readonly records: number;
  /** From the start of the process to its end. */
  readonly seconds: number;
  /** From the start of the process to the first rows that others see: start-up. */
  readonly firstRowSeconds: number;
  /** From the first rows to the last, in which {@link drained} records were stored. */
  readonly drainSeconds: number;
  /** Records that were not among those first rows. */
  readonly drained: number;
  readonly cpuSeconds: number;
  readonly peakBytes: number | undefined;
  readonly transactions: number;
  /** {@link loadAverage} before it. */
  readonly load: number;
}

/** Between two looks at the progress. */
const POLL_INTERVAL_MS = 5;
const TIMEOUT_MS = 600_000;

/** How to run it. */
export interface SinkOptions {
  /** Consumers that share the partitions; CPU and memory are those of all, and of the largest. */
  readonly consumers?: number;
  readonly env?: Readonly<Record<string, string>>;
  /** Leave the rows that are there. */
  readonly keepRows?: boolean;
  /** Folder of the checkout whose consumer is run; this one by default. */
  readonly project?: string;
}

/** Drains a topic with a new group into the table, which is emptied before. */
export async function drain(
  bench: Bench,
  { prefix, records }: Filled,
  { consumers = 1, env = {}, keepRows = false, project }: SinkOptions = {},
): Promise<SinkRun> {
  const { client } = bench;
  await (keepRows ? settle(client) : emptyTables(client));
  const group = uniqueName("bench");
  const load = loadAverage();
  const blocks = await tableBlocks(client);
  const started = performance.now();
  const running = Array.from({ length: consumers }, () =>
    start(
      taskArguments("consumer", project),
      {
        ...bench.env,
        KAFKA_TOPIC_PREFIX: prefix,
        CONSUMER_GROUP_ID: group,
        CONSUMER_UNTIL_CAUGHT_UP: "true",
        ...env,
      },
      project,
    ));
  const all = Promise.all(running.map(({ ended }) => ended));
  const seen = await Promise.race([watch(client, group, records, started), all.then(() => undefined)]);
  const usages = await all;
  const { first, last, drained } = seen ?? await watch(client, group, records, started);
  const { rows: [counted] } = await client.query<{ transactions: string }>(
    "SELECT count(DISTINCT xmin::text) AS transactions FROM routes_table WHERE ctid >= $1::tid",
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
      (most, { peakBytes }) => peakBytes === undefined ? most : Math.max(most ?? 0, peakBytes),
      undefined,
    ),
    transactions: Number(counted!.transactions),
    load,
  };
}

/**
 * When the first and when the last of the records were stored, seconds after `started`, as another connection sees it, and how many in
 * between.
 */
async function watch(
  client: pg.Client,
  group: string,
  records: number,
  started: number,
): Promise<{ first: number; last: number; drained: number }> {
  let first: { at: number; rows: number } | undefined;
  const deadline = started + TIMEOUT_MS;
  while (performance.now() < deadline) {
    const done = await client.query<{ done: string }>(
      "SELECT coalesce(sum(next_offset), 0) AS done FROM consumer_progress WHERE group_id = $1",
      [group],
    ).then(({ rows }) => Number(rows[0]!.done), () => 0);
    const now = (performance.now() - started) / 1000;
    if (done > 0) first ??= { at: now, rows: done };
    if (done >= records) return { first: first!.at, last: now, drained: done - first!.rows };
    await new Promise((resolve) => setTimeout(resolve, POLL_INTERVAL_MS));
  }
  throw new Error(`The consumer did not store ${records} records in ${TIMEOUT_MS / 1000} s.`);
}
