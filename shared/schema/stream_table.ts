/**
 * SQL of a stream's table.
 *
 * @module
 */
import pg from "pg";
import type { Column, Metadata, Stream } from "../stream.ts";
import { parseType } from "../types/type_descriptor.ts";
import { upsertMode } from "../upsert_stream.ts";
import { isNullable, labelsOf } from "./column_schema.ts";

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

/** The enum types that a stream's table needs, by name as in SQL, with their labels. Types whose labels the schema lists. */
export function enumTypes(stream: Stream): Map<string, readonly string[]> {
  const types = new Map<string, readonly string[]>();
  for (const column of stream.columns) {
    const type = parseType(declaredType(column)), scalar = type?.element ?? type;
    const labels = labelsOf(stream, column);
    if (scalar?.kind === "enum" && labels) types.set(scalar.sql, labels);
  }
  return types;
}

/** The statement that creates an enum type. */
export const enumTypeSql = (name: string, labels: readonly string[]): string =>
  `CREATE TYPE ${name} AS ENUM (${labels.map((label) => pg.escapeLiteral(label)).join(", ")})`;

/** The statements that create a stream's table and its enum types, without the last semicolon. */
export const streamTableStatements = (stream: Stream): string =>
  [...[...enumTypes(stream)].map(([name, labels]) => enumTypeSql(name, labels)), streamTableSql(stream)]
    .join(";\n");

/** The statement that adds columns to a stream's table. Existing rows have NULL in them. */
export const addColumnsSql = ({ table }: Stream, columns: readonly Column[]): string =>
  `ALTER TABLE ${table} ${
    columns.map((column) => `ADD COLUMN IF NOT EXISTS ${identifier(column.name)} ${declaredType(column)}`)
      .join(", ")
  }`;

/** Table and columns of a stream, as the target of a COPY or INSERT. */
export const streamTarget = ({ table, columns }: Stream): string =>
  `${table} (${columns.map(({ name }) => identifier(name)).join(", ")})`;

/** Table privileges that the consumer needs on a stream's table. */
export function streamTablePrivileges(stream: Stream): readonly string[] {
  const mode = upsertMode(stream);
  if (!mode) return ["INSERT"];
  return ["SELECT", "INSERT", "UPDATE", ...mode.tombstones === "delete" ? ["DELETE"] : []];
}
