/**
 * The statement that selects what a replay must not store into the table of an upsert stream.
 *
 * @module
 */
import { stagingName, type UpsertTable } from "./upsert_table.ts";

/** A record that a replay skips. */
export interface SkippedRecord {
  readonly partition: number;
  /** INT8, as decimal text. */
  readonly offset: string;
  /** Whether its key has no row; otherwise the row is newer. */
  readonly isAbsent: boolean;
}

/**
 * Removes from the temporary table the records whose row is newer and, with `skipAbsent`, those whose key has no row: a tombstone may have
 * deleted it. Returns {@link SkippedRecord}s. Locks the rows in the order of their keys.
 */
export function skipSql(t: UpsertTable, skipAbsent: boolean): string {
  const staging = stagingName(t);
  const sameKey = (a: string, b: string) =>
    t.key.map((column) => `${a}.${column} = ${b}.${column}`).join(" AND ");
  const keys = t.key.join(", ");
  const partition = `CASE WHEN s.${t.partition} < 0 THEN ~s.${t.partition} ELSE s.${t.partition} END`;
  return `WITH locked AS MATERIALIZED (
    SELECT ${
    t.key.map((column) => `t.${column}`).join(", ")
  }, t.${t.partition}, t.${t.offset}, true AS is_found
    FROM ${t.table} AS t JOIN (SELECT DISTINCT ${keys} FROM ${staging}) AS k ON ${sameKey("t", "k")}
    ORDER BY ${t.key.map((column) => `k.${column}`).join(", ")} FOR UPDATE OF t
  )
  DELETE FROM ${staging} AS d USING (
    SELECT s.ctid AS id, ${partition} AS record_partition, l.is_found IS NULL AS is_absent
    FROM ${staging} AS s LEFT JOIN locked AS l ON ${sameKey("s", "l")}
    WHERE CASE WHEN l.is_found THEN ((l.${t.offset}, l.${t.partition}) >= (s.${t.offset}, ${partition})) IS TRUE
      ELSE ${skipAbsent} AND s.${t.partition} >= 0 END
  ) AS skipped
  WHERE d.ctid = skipped.id
  RETURNING record_partition::int AS partition, d.${t.offset}::text AS "offset", is_absent AS "isAbsent"`;
}
