/**
 * The last rejected records, by the primary key of their table: no more than a few of each partition are read.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type pg from "pg";
import type { RejectedRecord } from "../protocol.ts";

/** The tables that {@link lastRejected} reads. */
export const PROGRESS_TABLES = ["consumer_progress", "rejected_records"] as const;

/** Records that are shown. */
export const MOST_REJECTED = 20;
/** Bytes of a value that are shown. */
const MOST_BYTES = 512;

interface Found {
  topic: string;
  partition: number;
  offset: string;
  reason: string;
  detail: string;
  at: number;
  value: Buffer | null;
  bytes: number | null;
}

/** The last {@link MOST_REJECTED} of them, the newest first; none where there is no such table yet. */
export async function lastRejected(client: pg.Client): Promise<RejectedRecord[]> {
  const { rows: [tables] } = await client.query<{ exist: boolean }>(
    "SELECT to_regclass('rejected_records') IS NOT NULL AND to_regclass('consumer_progress') IS NOT NULL AS exist",
  );
  if (!tables!.exist) return [];
  const { rows } = await client.query<Found>(
    `SELECT r.* FROM (SELECT DISTINCT topic, partition FROM consumer_progress) AS p CROSS JOIN LATERAL (
       SELECT topic, partition, "offset"::text AS "offset", left(reason, 200) AS reason, left(detail, 500) AS detail,
         extract(epoch FROM rejected_at)::float8 * 1000 AS at,
         substring(value FROM 1 FOR ${MOST_BYTES}) AS value, length(value) AS bytes
       FROM rejected_records AS q WHERE q.topic = p.topic AND q.partition = p.partition
       ORDER BY q."offset" DESC LIMIT ${MOST_REJECTED}
     ) AS r ORDER BY r.at DESC, r.topic, r.partition, r."offset" DESC LIMIT ${MOST_REJECTED}`,
  );
  return rows.map((row) => ({
    ...row,
    value: row.value?.toString("base64") ?? null,
    bytes: row.bytes ?? 0,
  }));
}
