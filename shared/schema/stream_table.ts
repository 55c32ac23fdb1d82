/**
 * SQL of a stream's table.
 *
 * @module
 */
import pg from "pg";
import type { Stream } from "../stream.ts";

const identifier = pg.escapeIdentifier;

/** The statement that creates a stream's table, with its columns in the order of its fields. */
export const streamTableSql = ({ table, fields }: Stream): string =>
  `CREATE TABLE IF NOT EXISTS ${identifier(table)} (\n${
    fields.map(({ column, type }) => `  ${identifier(column)} ${type} NOT NULL`).join(",\n")
  }\n)`;

/** Table and columns of a stream, as the target of a COPY or INSERT. */
export const streamTarget = ({ table, fields }: Stream): string =>
  `${identifier(table)} (${fields.map(({ column }) => identifier(column)).join(", ")})`;
