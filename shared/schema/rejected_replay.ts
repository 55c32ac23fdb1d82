/**
 * Statements that replay rejected records. All of them run in one transaction with the INSERT into the stream's table.
 *
 * @module
 */
import type pg from "pg";
import type { RejectedMetadata } from "./rejected_records.ts";

/** Position of a rejected record of a topic. */
export interface RejectedPosition {
  readonly partition: number;
  /** INT8, as decimal text. */
  readonly offset: string;
}

/** Selects rejected records in the order of their positions. */
export interface ReplaySelection {
  readonly topic: string;
  /** Empty: any. */
  readonly reason: string;
  /** Exclusive. */
  readonly after: RejectedPosition;
  readonly limit: number;
}

/** A rejected record as it was received. */
export interface LockedRecord extends RejectedPosition, RejectedMetadata {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Reads and locks rejected records. Records that another replay has locked are skipped. */
export async function lockRejected(
  client: pg.Client,
  { topic, reason, after, limit }: ReplaySelection,
): Promise<LockedRecord[]> {
  const { rows } = await client.query<LockedRecord>(
    // All columns, since a table that could not be upgraded lacks some.
    `SELECT * FROM rejected_records
     WHERE topic = $1 AND ($2 = '' OR reason = $2) AND (partition, "offset") > ($3, $4)
     ORDER BY partition, "offset" LIMIT $5 FOR UPDATE SKIP LOCKED`,
    [topic, reason, after.partition, after.offset, limit],
  );
  return rows;
}

/** Deletes rejected records. Returns how many were deleted. */
export async function deleteRejected(
  client: pg.Client,
  topic: string,
  positions: readonly RejectedPosition[],
): Promise<number> {
  const { rowCount } = await client.query(
    `DELETE FROM rejected_records AS r USING unnest($2::int[], $3::bigint[]) AS v (partition, "offset")
     WHERE r.topic = $1 AND r.partition = v.partition AND r."offset" = v."offset"`,
    [topic, positions.map(({ partition }) => partition), positions.map(({ offset }) => offset)],
  );
  return rowCount ?? 0;
}

/** Updates reasons and details that have changed. A different position in a streak of rejections is no change. */
export async function updateRejections(
  client: pg.Client,
  topic: string,
  rejections: readonly (RejectedPosition & { readonly reason: string; readonly detail: string })[],
): Promise<void> {
  await client.query(
    `UPDATE rejected_records AS r SET reason = v.reason, detail = v.detail
     FROM unnest($2::int[], $3::bigint[], $4::text[], $5::text[]) AS v (partition, "offset", reason, detail)
     WHERE r.topic = $1 AND r.partition = v.partition AND r."offset" = v."offset"
       AND (r.reason, regexp_replace(r.detail, ', [0-9]+ in a row', '')) IS DISTINCT FROM
         (v.reason, regexp_replace(v.detail, ', [0-9]+ in a row', ''))`,
    [
      topic,
      rejections.map(({ partition }) => partition),
      rejections.map(({ offset }) => offset),
      rejections.map(({ reason }) => reason),
      rejections.map(({ detail }) => detail),
    ],
  );
}
