/**
 * The statements that apply the rows of a batch to the table of an upsert stream.
 *
 * The latest record of a key is the one with the highest offset. Records of a key that are in several partitions, against the rule, are
 * ordered by offset, then partition, so that the table does not depend on the order in which consumers store them.
 *
 * In the rows of a batch, tombstones have NULL in all columns but those of key and position, and the partition's complement: `~partition`.
 *
 * @module
 */
import type { UpsertTable } from "./upsert_table.ts";

/** Custom setting, local to the transaction, that counts the rows whose record is from another partition. */
const COUNTER = "kafka_postgres.key_conflicts";

/** Types with several representations of equal values; the key columns get that of the latest record. */
const REPRESENTED_TYPE = /^(?:numeric|real|double precision|character\(|citext|jsonb)/;

/** What a batch contains. */
export interface BatchTraits {
  readonly hasTombstones: boolean;
  /** Whether the records are from several partitions. */
  readonly hasSeveralPartitions: boolean;
}

/**
 * A condition: the record at the position (`offset`, `partition`) is newer than the row `t`. A row without a position is older than any.
 * Counts in {@link COUNTER} if the row's record is from another partition, without the cost of a second lookup.
 */
const isNewer = (t: UpsertTable, offset: string, partition: string): string =>
  `CASE WHEN t.${t.partition} = ${partition} THEN (t.${t.offset} < ${offset}) IS NOT FALSE
    ELSE (t.${t.partition} IS NULL OR set_config('${COUNTER}',
      (coalesce(nullif(current_setting('${COUNTER}', true), ''), '0')::bigint + 1)::text, true) IS NOT NULL)
      AND ((t.${t.offset}, t.${t.partition}) < (${offset}, ${partition})) IS NOT FALSE END`;

/** The last record of each key. */
function lastPerKey(t: UpsertTable, source: string, { hasTombstones, hasSeveralPartitions }: BatchTraits) {
  const partition = hasTombstones
    ? `CASE WHEN ${t.partition} < 0 THEN ~${t.partition} ELSE ${t.partition} END`
    : t.partition;
  const order = [...t.key, `${t.offset} DESC`, ...hasSeveralPartitions ? [`${partition} DESC`] : []];
  return `SELECT DISTINCT ON (${t.key.join(", ")}) ${t.columns.join(", ")} FROM ${source}
    ORDER BY ${order.join(", ")}`;
}

/** Inserts rows in the order of their keys, or updates older ones, so that concurrent transactions lock rows in the same order. */
function insertSql(t: UpsertTable, rows: string): string {
  const updated = t.columns.filter((column, c) =>
    !t.key.includes(column) || REPRESENTED_TYPE.test(t.types[c]!)
  );
  return `INSERT INTO ${t.table} AS t (${t.columns.join(", ")})
  ${rows}
  ON CONFLICT (${t.key.join(", ")}) DO UPDATE SET ${
    updated.map((column) => `${column} = excluded.${column}`).join(", ")
  }
  WHERE ${isNewer(t, `excluded.${t.offset}`, `excluded.${t.partition}`)}`;
}

/**
 * The statement that applies rows, in one scan of them.
 *
 * With tombstones, all rows are locked first, in the order of their keys: separate DELETE and INSERT would lock them in different orders.
 *
 * @param source of the rows, after `FROM`; its columns have the table's names
 */
export function applySql(t: UpsertTable, source: string, traits: BatchTraits): string {
  const last = lastPerKey(t, source, traits);
  if (!traits.hasTombstones) return insertSql(t, last);
  const key = t.key.join(", ");
  const isSameKey = t.key.map((column) => `t.${column} = l.${column}`).join(" AND ");
  return `WITH last AS MATERIALIZED (
    ${last}
  ), locked AS MATERIALIZED (
    SELECT FROM ${t.table} AS t JOIN last AS l ON ${isSameKey}
    ORDER BY ${t.key.map((column) => `l.${column}`).join(", ")} FOR UPDATE OF t
  ), deleted AS (
    DELETE FROM ${t.table} AS t USING last AS l
    WHERE (SELECT count(*) FROM locked) >= 0 AND l.${t.partition} < 0 AND ${isSameKey}
      AND ${isNewer(t, `l.${t.offset}`, `~l.${t.partition}`)}
  )
  ${
    insertSql(
      t,
      `SELECT ${t.columns.join(", ")} FROM last
    WHERE ${t.partition} >= 0 AND (SELECT count(*) FROM locked) >= 0 ORDER BY ${key}`,
    )
  }`;
}

/** A query of the number of rows whose record was from another partition, so far in this transaction. */
export const KEY_CONFLICTS_SQL =
  `SELECT coalesce(nullif(current_setting('${COUNTER}', true), ''), '0')::bigint`;

/** Upper limit of the memory for sorting a batch, KiB. */
const SORT_MEMORY_MAX_KIB = 256 * 1024;

/** Raises `work_mem` for the transaction, so that a batch is sorted in memory. Returns no row. */
export function sortMemorySql(rowBytes: number): string {
  const kib = Math.min(SORT_MEMORY_MAX_KIB, Math.max(64, Math.ceil(rowBytes * 4 / 1024)));
  return `SELECT WHERE set_config('work_mem',
    greatest(pg_size_bytes(current_setting('work_mem')) / 1024, ${kib}) || 'kB', true) IS NULL`;
}
