/**
 * SQL of a stream's table.
 *
 * @module
 */
import pg from "pg";
import type { Column, Metadata, Stream } from "../stream.ts";
import { upsertMode } from "../upsert_stream.ts";
import { isNullable } from "./column_schema.ts";

const identifier = pg.escapeIdentifier;

/** The default types of metadata columns. */
const METADATA_TYPES: Readonly<Record<Metadata, string>> = {
  topic: "text",
  partition: "integer",
  offset: "bigint",
  timestamp: "timestamptz",
  key: "bytea",
  headers: "jsonb",
  ingested_at: "timestamptz",
};

/** The type with which a column is created. */
export const declaredType = (column: Column): string =>
  "metadata" in column ? column.type ?? METADATA_TYPES[column.metadata] : column.type;

/** A column as in `CREATE TABLE`. NOT NULL if the stream cannot have NULL in it. */
export const columnSql = (stream: Stream, column: Column): string =>
  `${identifier(column.name)} ${declaredType(column)}${isNullable(stream, column) ? "" : " NOT NULL"}`;

/** The statement that creates a stream's table. */
export function streamTableSql(stream: Stream): string {
  const key = upsertMode(stream)?.key.map((name) => identifier(name)).join(", ");
  const lines = stream.columns.map((column) => columnSql(stream, column));
  if (key !== undefined) lines.push(`PRIMARY KEY (${key})`);
  return `CREATE TABLE IF NOT EXISTS ${stream.table} (\n${lines.map((line) => `  ${line}`).join(",\n")}\n)`;
}

/** Table and columns of a stream, as the target of a COPY or INSERT. */
export const streamTarget = ({ table, columns }: Stream): string =>
  `${table} (${columns.map(({ name }) => identifier(name)).join(", ")})`;

/** Table privileges that the consumer needs on a stream's table. */
export function streamTablePrivileges(stream: Stream): readonly string[] {
  const mode = upsertMode(stream);
  if (!mode) return ["INSERT"];
  return ["SELECT", "INSERT", "UPDATE", ...mode.tombstones === "delete" ? ["DELETE"] : []];
}
