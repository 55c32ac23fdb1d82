/**
 * The latest rejected records, as the pages show them, and their number.
 *
 * @module
 */
import type pg from "pg";
import { previewRejected } from "../../shared/schema/rejected_queries.ts";
import type { RejectedRecord, Status } from "../protocol.ts";
import type { OwnTables } from "./own_tables.ts";

const REJECTED_MAX = 20;
/** Leading bytes of a value that are shown. */
const VALUE_BYTES_MAX = 512;
/** Rejected records that are counted; more are estimated. */
const COUNTED_MAX = 1_000;

/** Reads the latest rejected records, newest first; none if the tables do not exist yet. */
export async function fetchLatestRejected(
  client: pg.Client,
  { hasProgress, rejectedRows }: OwnTables,
): Promise<RejectedRecord[]> {
  if (!hasProgress || rejectedRows === null) return [];
  const rows = await previewRejected(client, REJECTED_MAX, VALUE_BYTES_MAX);
  return rows.map((row) => ({
    ...row,
    value: row.value?.toString("base64") ?? null,
    bytes: row.bytes ?? 0,
  }));
}

/** Counts the rejected records, at most {@link COUNTED_MAX}; 0 if the table does not exist yet. */
export async function countRejectedRecords(
  client: pg.Client,
  { rejectedRows }: OwnTables,
): Promise<NonNullable<Status["rejected"]>> {
  if (rejectedRows === null) return { count: 0, isExact: true };
  const { rows: [counted] } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (SELECT FROM rejected_records LIMIT ${COUNTED_MAX + 1}) AS r`,
  );
  const isExact = counted!.count <= COUNTED_MAX;
  return { count: isExact ? counted!.count : Math.max(counted!.count, rejectedRows), isExact };
}
