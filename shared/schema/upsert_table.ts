/**
 * The table of an upsert stream, as its statements need it.
 *
 * @module
 */
import pg from "pg";
import { createHash } from "node:crypto";
import type { Stream } from "../stream.ts";
import type { ColumnType } from "../types/column_type.ts";
import { metadataColumn, upsertMode } from "../upsert_stream.ts";

/** A table with a unique index on its key columns. All names are SQL. */
export interface UpsertTable {
  readonly table: string;
  readonly columns: readonly string[];
  /** Types of the columns, as `format_type()` prints them. */
  readonly types: readonly string[];
  /** OIDs of the columns' types, if known: an enum type that was created again has the name of the previous one. */
  readonly typeOids?: readonly number[] | undefined;
  readonly key: readonly string[];
  /** The columns of the position of a row's record. */
  readonly partition: string;
  readonly offset: string;
}

/** The table of a stream whose write mode is upsert; `undefined`: it is not. */
export function upsertTable(
  stream: Stream,
  types: readonly Pick<ColumnType, "sql">[],
  typeOids?: readonly number[],
): UpsertTable | undefined {
  const mode = upsertMode(stream);
  return mode && {
    table: stream.table,
    columns: stream.columns.map(({ name }) => pg.escapeIdentifier(name)),
    types: types.map(({ sql }) => sql),
    typeOids,
    key: mode.key.map((name) => pg.escapeIdentifier(name)),
    partition: pg.escapeIdentifier(metadataColumn(stream, "partition")!),
    offset: pg.escapeIdentifier(metadataColumn(stream, "offset")!),
  };
}

/**
 * The temporary table that receives the rows of a batch. The name contains a hash of the columns and their types: behind a pooler, clients
 * with other streams or versions share the session, and a column's type may change.
 */
export function stagingName({ table, columns, types, typeOids }: UpsertTable): string {
  const hash = createHash("sha256").update(JSON.stringify([table, columns, types, typeOids])).digest("hex");
  return `pg_temp.upsert_${hash.slice(0, 16)}`;
}

/**
 * The statement that creates the temporary table, once per session. It has the columns' types and collations, but not their constraints,
 * nor those of a domain, which a cast to its base type removes: a tombstone has only a key.
 */
export const createStagingSql = (table: UpsertTable): string =>
  `CREATE TEMP TABLE IF NOT EXISTS ${stagingName(table).replace("pg_temp.", "")} ON COMMIT DELETE ROWS AS
  SELECT ${
    table.columns.map((column, c) => `${column}::${table.types[c]} AS ${column}`).join(", ")
  } FROM ${table.table} WITH NO DATA`;

/** The temporary table and its columns, as the target of a COPY. */
export const stagingTarget = (table: UpsertTable): string =>
  `${stagingName(table)} (${table.columns.join(", ")})`;
