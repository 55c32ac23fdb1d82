/**
 * The latest rejected records, as the pages show them.
 *
 * @module
 */
import type pg from "pg";
import { CONSUMER_PROGRESS, REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import { previewRejected } from "../../shared/schema/rejected_queries.ts";
import type { RejectedRecord } from "../protocol.ts";

/** The tables that {@link fetchLatestRejected} reads. */
export const PROGRESS_TABLES = [CONSUMER_PROGRESS.name, REJECTED_RECORDS.name];

const REJECTED_MAX = 20;
/** Leading bytes of a value that are shown. */
const VALUE_BYTES_MAX = 512;

/** Reads the latest rejected records, newest first; none if the tables do not exist yet. */
export async function fetchLatestRejected(client: pg.Client): Promise<RejectedRecord[]> {
  const rows = await previewRejected(client, REJECTED_MAX, VALUE_BYTES_MAX);
  return rows.map((row) => ({
    ...row,
    value: row.value?.toString("base64") ?? null,
    bytes: row.bytes ?? 0,
  }));
}
