/**
 * Rejected records in the database, kept whole: key, value, where they were, and why.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import pg from "pg";
import type { PostgresErrorFields } from "../../shared/postgres/errors.ts";
import { QUARANTINE_COLUMNS, type RejectedRows } from "../decode/rejected_rows.ts";

/** What a COPY of rejected records is into. */
export const QUARANTINE_TARGET = `rejected_records (${QUARANTINE_COLUMNS})`;

/** Without a backslash, whose meaning in a literal depends on standard_conforming_strings. */
const bytea = (bytes: Uint8Array | null) =>
  bytes === null ? "NULL::bytea" : `decode('${Buffer.from(bytes).toString("hex")}', 'hex')`;

/**
 * Puts records into quarantine as a COPY of their rows does, for those that may be there already because another consumer group read
 * them too. What is there stays. Where it is another record, the topic was made again and the offsets started anew: `reason` becomes
 * NULL, which the table does not allow, so that nothing is overwritten.
 */
export function quarantineSql(rejected: readonly RejectedRows[]): string {
  const rows = rejected.flatMap((records) =>
    Array.from(
      records,
      ({ topic, partition, offset, key, value, reason, detail }) =>
        `(${pg.escapeLiteral(topic)}, ${partition}, ${offset}, ${bytea(key)}, ${bytea(value)}, ` +
        `${pg.escapeLiteral(reason)}, ${pg.escapeLiteral(detail)})`,
    )
  );
  return `INSERT INTO rejected_records AS r (${QUARANTINE_COLUMNS}) VALUES ${rows.join(",\n")}
    ON CONFLICT (topic, partition, "offset") DO UPDATE SET reason = CASE
      WHEN r.key IS NOT DISTINCT FROM excluded.key AND r.value IS NOT DISTINCT FROM excluded.value THEN r.reason END`;
}

/** Whether a COPY failed because a record is in quarantine already: then {@link quarantineSql} is the way. */
export const isAlreadyQuarantined = (error: unknown): boolean => {
  const { code, table, where } = error as PostgresErrorFields;
  // In a partitioned table the error names the partition.
  return code === "23505" && (table === "rejected_records" || /^COPY rejected_records,/m.test(where ?? ""));
};

/** Whether {@link quarantineSql} found another record in a record's place. */
export const isQuarantineConflict = (error: unknown): boolean => {
  const { code, table, column } = error as PostgresErrorFields;
  return code === "23502" && table === "rejected_records" && column === "reason";
};
