/**
 * Rejected records, kept whole: key, value, where they were, and why.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import pg from "pg";
import type { Rejected } from "./segment.ts";

const COLUMNS = `topic, partition, "offset", key, value, reason, detail`;

/** What a COPY of rejected records is into. */
export const QUARANTINE_TARGET = `rejected_records (${COLUMNS})`;

/** A rejected record, with where it was. */
export interface Quarantined extends Rejected {
  readonly topic: string;
  readonly partition: number;
}

/** Bytes of a row beside its texts, key and value: the number of fields, their lengths, partition and offset. */
const ROW_OVERHEAD = 2 + 7 * 4 + 4 + 8;

/** Rejected records as rows of a binary COPY, in one piece: many small ones would cost more than what is in them. */
export function quarantineRows(records: readonly Quarantined[]): Uint8Array {
  const size = records.reduce(
    (sum, { topic, key, value, reason, detail }) =>
      sum + ROW_OVERHEAD + Buffer.byteLength(topic) + (key?.length ?? 0) + (value?.length ?? 0) +
      Buffer.byteLength(reason) + Buffer.byteLength(detail),
    0,
  );
  const rows = Buffer.allocUnsafeSlow(size);
  let at = 0;
  const text = (field: string) => {
    const length = rows.write(field, at + 4, "utf8");
    at = rows.writeInt32BE(length, at) + length;
  };
  const bytes = (field: Uint8Array | null) => {
    at = rows.writeInt32BE(field?.length ?? -1, at);
    if (field === null) return;
    rows.set(field, at);
    at += field.length;
  };
  for (const { topic, partition, offset, key, value, reason, detail } of records) {
    at = rows.writeInt16BE(7, at);
    text(topic);
    at = rows.writeInt32BE(4, at);
    at = rows.writeInt32BE(partition, at);
    at = rows.writeInt32BE(8, at);
    at = rows.writeBigInt64BE(BigInt(offset), at);
    bytes(key);
    bytes(value);
    text(reason);
    text(detail);
  }
  return rows;
}

const bytea = (bytes: Uint8Array | null) =>
  bytes === null ? "NULL::bytea" : `'\\x${Buffer.from(bytes).toString("hex")}'::bytea`;

/**
 * The same as SQL, for records that may be in quarantine already because another consumer group read them too. What is there
 * stays. Where it is another record, the topic was made again and the offsets started anew: `reason` becomes NULL, which the table
 * does not allow, so that nothing is overwritten.
 */
export function quarantineSql(records: readonly Quarantined[]): string {
  const rows = records.map(({ topic, partition, offset, key, value, reason, detail }) =>
    `(${pg.escapeLiteral(topic)}, ${partition}, ${offset}, ${bytea(key)}, ${bytea(value)}, ` +
    `${pg.escapeLiteral(reason)}, ${pg.escapeLiteral(detail)})`
  );
  return `INSERT INTO rejected_records AS r (${COLUMNS}) VALUES ${rows.join(",\n")}
    ON CONFLICT (topic, partition, "offset") DO UPDATE SET reason = CASE
      WHEN r.key IS NOT DISTINCT FROM excluded.key AND r.value IS NOT DISTINCT FROM excluded.value THEN r.reason END`;
}

interface DatabaseError {
  readonly code?: string;
  readonly table?: string;
}

/** Whether a COPY failed because a record is in quarantine already: then {@link quarantineSql} is the way. */
export const isAlreadyQuarantined = (error: unknown): boolean => {
  const { code, table } = error as DatabaseError;
  return code === "23505" && table === "rejected_records";
};

/** Whether {@link quarantineSql} found another record in a record's place. */
export const isQuarantineConflict = (error: unknown): boolean => {
  const { code, table } = error as DatabaseError;
  return code === "23502" && table === "rejected_records";
};
