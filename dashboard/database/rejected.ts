/**
 * The latest rejected records, as the pages show them, and their number.
 *
 * @module
 */
import type pg from "pg";
import { CONSUMER_PROGRESS, REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import { previewRejected } from "../../shared/schema/rejected_queries.ts";
import type { RejectedRecord, Status } from "../protocol.ts";

/** The tables that {@link fetchLatestRejected} reads. */
export const PROGRESS_TABLES = [CONSUMER_PROGRESS.name, REJECTED_RECORDS.name];

const REJECTED_MAX = 20;
/** Leading bytes of a value that are shown. */
const VALUE_BYTES_MAX = 512;
/** Rejected records that are counted; more are estimated. */
const COUNTED_MAX = 1_000;

/** Reads the latest rejected records, newest first; none if the tables do not exist yet. */
export async function fetchLatestRejected(client: pg.Client): Promise<RejectedRecord[]> {
  const rows = await previewRejected(client, REJECTED_MAX, VALUE_BYTES_MAX);
  return rows.map((row) => ({
    ...row,
    value: row.value?.toString("base64") ?? null,
    bytes: row.bytes ?? 0,
  }));
}

/** Counts the rejected records, at most {@link COUNTED_MAX}; 0 if the table does not exist yet. */
export async function countRejectedRecords(client: pg.Client): Promise<NonNullable<Status["rejected"]>> {
  const { rows: [table] } = await client.query<{ estimate: number }>(
    `SELECT greatest(reltuples, pg_stat_get_live_tuples(oid), 0)::float8 AS estimate
     FROM pg_class WHERE oid = to_regclass($1)`,
    [REJECTED_RECORDS.name],
  );
  if (!table) return { count: 0, isExact: true };
  const { rows: [counted] } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (SELECT FROM rejected_records LIMIT ${COUNTED_MAX + 1}) AS r`,
  );
  const isExact = counted!.count <= COUNTED_MAX;
  return { count: isExact ? counted!.count : Math.max(counted!.count, table.estimate), isExact };
}
