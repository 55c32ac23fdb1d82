/**
 * Stores rejected records, and why they are rejected.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import pg from "pg";
import type { PostgresErrorFields } from "../postgres/errors.ts";
import type { RecordHeaders } from "../kafka/records/record_reader.ts";
import { REJECTED_RECORDS, writtenColumns } from "./own_tables.ts";

/** A record with the reason why it is not stored in its table. */
export interface RejectedRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly reason: string;
  readonly detail: string;
  /** Unix ms; negative: none. */
  readonly timestamp: number;
  readonly headers: RecordHeaders;
}

/** The columns of a row of `rejected_records` that version 3 of the schema added. A table of a previous version lacks them. */
export interface RejectedMetadata {
  /** INT8, as decimal text; null: none. */
  readonly timestamp_ms?: string | null;
  /** Null: unknown. */
  readonly headers?: RecordHeaders | null;
}

/** Target of a COPY of rejected records. @param hasAdded whether the table has the columns that version 3 added */
export const rejectedTarget = (hasAdded: boolean): string =>
  `rejected_records (${writtenColumns(REJECTED_RECORDS, hasAdded)})`;

/** Without a backslash, whose meaning in a literal depends on standard_conforming_strings. */
const bytea = (bytes: Uint8Array | null) =>
  bytes === null ? "NULL::bytea" : `decode('${Buffer.from(bytes).toString("hex")}', 'hex')`;

const byteaPairs = (headers: RecordHeaders) =>
  `ARRAY[${headers.map(([name, value]) => `[${bytea(name)}, ${bytea(value)}]`).join(", ")}]::bytea[]`;

/**
 * The INSERT … ON CONFLICT form of the COPY, used when another consumer group has already stored some of the records. Stored records are
 * not changed, except that they get the metadata that a previous version did not store. If a different record is stored at the same
 * offset, the topic was recreated: `reason` becomes NULL, which violates NOT NULL, so that nothing is overwritten
 * ({@link isRejectedConflict}).
 */
export function insertRejectedSql(rejected: readonly Iterable<RejectedRecord>[], hasAdded: boolean): string {
  const rows = rejected.flatMap((records) =>
    Array.from(
      records,
      ({ topic, partition, offset, key, value, reason, detail, timestamp, headers }) =>
        `(${pg.escapeLiteral(topic)}, ${partition}, ${offset}, ${bytea(key)}, ${bytea(value)}, ` +
        `${pg.escapeLiteral(reason)}, ${pg.escapeLiteral(detail)}` +
        (hasAdded ? `, ${timestamp < 0 ? "NULL::bigint" : BigInt(timestamp)}, ${byteaPairs(headers)})` : ")"),
    )
  );
  const added = hasAdded
    ? `, timestamp_ms = coalesce(r.timestamp_ms, excluded.timestamp_ms), headers = coalesce(r.headers, excluded.headers)`
    : "";
  return `INSERT INTO rejected_records AS r (${writtenColumns(REJECTED_RECORDS, hasAdded)}) VALUES ${
    rows.join(",\n")
  }
    ON CONFLICT (topic, partition, "offset") DO UPDATE SET reason = CASE
      WHEN r.key IS NOT DISTINCT FROM excluded.key AND r.value IS NOT DISTINCT FROM excluded.value THEN r.reason END${added}`;
}

/** Whether a COPY failed because a record is stored already; {@link insertRejectedSql} succeeds then. */
export const isAlreadyRejected = (error: unknown): boolean => {
  const { code, table, where } = error as PostgresErrorFields;
  // In a partitioned table the error names the partition.
  return code === "23505" &&
    (table === REJECTED_RECORDS.name || /^COPY rejected_records,/m.test(where ?? ""));
};

/** Whether {@link insertRejectedSql} found a different record at the same offset. */
export const isRejectedConflict = (error: unknown): boolean => {
  const { code, table, column } = error as PostgresErrorFields;
  return code === "23502" && table === REJECTED_RECORDS.name && column === "reason";
};

/**
 * Reads the rejected records directly before the group's progress in a topic: the last record that the group processed in each
 * partition, if it was rejected for `reason`.
 */
export async function readLastRejections(
  client: pg.Client,
  group: string,
  topic: string,
  reason: string,
): Promise<{ partition: number; detail: string }[]> {
  const { rows } = await client.query<{ partition: number; detail: string }>(
    `SELECT r.partition, r.detail FROM consumer_progress AS p JOIN rejected_records AS r
     ON r.topic = p.topic AND r.partition = p.partition AND r."offset" = p.next_offset - 1
     WHERE p.group_id = $1 AND p.topic = $2 AND r.reason = $3`,
    [group, topic, reason],
  );
  return rows;
}
