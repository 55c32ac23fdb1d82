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

/** A rejected record as a row of a binary COPY. */
export function quarantineRow(record: Quarantined): Uint8Array {
  const partition = Buffer.alloc(4);
  partition.writeInt32BE(record.partition);
  const offset = Buffer.alloc(8);
  offset.writeBigInt64BE(BigInt(record.offset));
  const { topic, key, value, reason, detail } = record;
  const fields = [
    Buffer.from(topic),
    partition,
    offset,
    key,
    value,
    Buffer.from(reason),
    Buffer.from(detail),
  ];
  const pieces: Uint8Array[] = [Buffer.from([0, fields.length])];
  for (const field of fields) {
    const length = Buffer.alloc(4);
    length.writeInt32BE(field?.length ?? -1);
    pieces.push(length);
    if (field) pieces.push(field);
  }
  return Buffer.concat(pieces);
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
