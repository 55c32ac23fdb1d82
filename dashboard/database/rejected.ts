/**
 * The last rejected records, by the primary key of their table: no more than a few of each partition are read.
 *
 * @module
 */
import type pg from "pg";
import { CONSUMER_PROGRESS, REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import { previewRejected } from "../../shared/schema/rejected_queries.ts";
import type { RejectedRecord } from "../protocol.ts";

/** The tables that {@link lastRejected} reads. */
export const PROGRESS_TABLES = [CONSUMER_PROGRESS.name, REJECTED_RECORDS.name];

/** Records that are shown. */
export const MOST_REJECTED = 20;
/** Bytes of a value that are shown. */
const MOST_BYTES = 512;

/** The last {@link MOST_REJECTED} of them, the newest first; none where there is no such table yet. */
export async function lastRejected(client: pg.Client): Promise<RejectedRecord[]> {
  const rows = await previewRejected(client, MOST_REJECTED, MOST_BYTES);
  return rows.map((row) => ({
    ...row,
    value: row.value?.toString("base64") ?? null,
    bytes: row.bytes ?? 0,
  }));
}
