/**
 * Reads rejected records: `deno task rejects` and the dashboard.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type pg from "pg";
import type { RejectedMetadata } from "./rejected_records.ts";

/** A row of `rejected_records`. */
export interface RejectedRow extends RejectedMetadata {
  readonly topic: string;
  readonly partition: number;
  /** INT8, as decimal text. */
  readonly offset: string;
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly reason: string;
  readonly detail: string;
  readonly rejected_at: Date;
}

/** Selects rejected records. */
export interface RejectsFilter {
  readonly topics: readonly string[];
  /** Empty: every reason. */
  readonly reason: string;
  /** Only records that were rejected longer ago than this; `undefined`: all. */
  readonly olderThanSeconds?: number | undefined;
}

const WHERE = `WHERE topic = ANY ($1::text[]) AND ($2 = '' OR reason = $2)
  AND ($3::float8 IS NULL OR rejected_at < now() - make_interval(secs => $3::float8))`;

const parameters = ({ topics, reason, olderThanSeconds }: RejectsFilter) => [
  topics,
  reason,
  olderThanSeconds ?? null,
];

/** Reads the most recently rejected records, newest first. */
export async function listRejected(
  client: pg.Client,
  filter: RejectsFilter,
  limit: number,
): Promise<RejectedRow[]> {
  const { rows } = await client.query<RejectedRow>(
    // All columns, since a table that could not be upgraded lacks some.
    `SELECT * FROM rejected_records ${WHERE}
     ORDER BY rejected_at DESC, topic, partition, "offset" DESC LIMIT $4`,
    [...parameters(filter), limit],
  );
  return rows;
}

/** Number of a topic's records that were rejected for a reason. */
export interface RejectedCount {
  readonly topic: string;
  readonly reason: string;
  readonly count: string;
}

/** Counts rejected records by topic and reason. */
export async function countRejected(client: pg.Client, filter: RejectsFilter): Promise<RejectedCount[]> {
  const { rows } = await client.query<RejectedCount>(
    `SELECT topic, reason, count(*) FROM rejected_records ${WHERE} GROUP BY 1, 2 ORDER BY 1, 3 DESC`,
    parameters(filter),
  );
  return rows;
}

/** Deletes rejected records; returns their number by topic and reason. */
export async function purgeRejected(client: pg.Client, filter: RejectsFilter): Promise<RejectedCount[]> {
  const { rows } = await client.query<RejectedCount>(
    `WITH deleted AS (DELETE FROM rejected_records ${WHERE} RETURNING topic, reason)
     SELECT topic, reason, count(*) FROM deleted GROUP BY 1, 2 ORDER BY 1, 3 DESC`,
    parameters(filter),
  );
  return rows;
}

/** A rejected record with the first bytes of its value. */
export interface RejectedPreview {
  readonly topic: string;
  readonly partition: number;
  /** INT8, as decimal text. */
  readonly offset: string;
  readonly reason: string;
  readonly detail: string;
  /** When it was rejected, Unix milliseconds. */
  readonly at: number;
  readonly value: Buffer | null;
  /** Length of the whole value; null: no value. */
  readonly bytes: number | null;
}

/**
 * Reads the last rejected records, newest first. Uses the primary key of the table: only `limit` rows of each partition are read.
 */
export async function previewRejected(
  client: pg.Client,
  limit: number,
  valueBytes: number,
): Promise<RejectedPreview[]> {
  const { rows } = await client.query<RejectedPreview>(
    `SELECT r.* FROM (SELECT DISTINCT topic, partition FROM consumer_progress) AS p CROSS JOIN LATERAL (
       SELECT topic, partition, "offset"::text AS "offset", left(reason, 200) AS reason, left(detail, 500) AS detail,
         extract(epoch FROM rejected_at)::float8 * 1000 AS at,
         substring(value FROM 1 FOR ${valueBytes}) AS value, length(value) AS bytes
       FROM rejected_records AS q WHERE q.topic = p.topic AND q.partition = p.partition
       ORDER BY q."offset" DESC LIMIT ${limit}
     ) AS r ORDER BY r.at DESC, r.topic, r.partition, r."offset" DESC LIMIT ${limit}`,
  );
  return rows;
}
