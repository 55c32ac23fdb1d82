/**
 * Binds the columns of a stream to types.
 *
 * @module
 */
import type { BoundStream } from "../codec/bound_stream.ts";
import { PermanentError } from "../errors.ts";
import type { Column, Stream } from "../stream.ts";
import type { CharacterSet } from "../types/character_set.ts";
import type { ColumnType, TypeOptions } from "../types/column_type.ts";
import { createColumnType } from "../types/create_column_type.ts";
import { parseType, type TypeDescriptor } from "../types/type_descriptor.ts";
import type { CatalogTable } from "./catalog.ts";
import { labelsOf } from "./column_schema.ts";
import { declaredType } from "./stream_table.ts";
import { isConvertible } from "./type_family.ts";

function optionsOf(column: Column, others: TypeOptions): TypeOptions {
  if (!("path" in column)) return others;
  const { epoch, timeZone } = column;
  return { ...others, ...epoch && { epoch }, ...timeZone !== undefined && { timeZone } };
}

/**
 * Binds a stream to its table.
 *
 * @param characters what the database can store; default: all characters
 * @throws {PermanentError} if the table lacks a column, or the column's type cannot store the stream's values
 */
export function bindStream(stream: Stream, table: CatalogTable, characters?: CharacterSet): BoundStream {
  const types = stream.columns.map((column): ColumnType => {
    const found = table.columns.get(column.name);
    if (!found?.type || !isConvertible(column, found.type)) {
      throw new PermanentError({
        code: "TABLE_INCOMPATIBLE",
        cause: found
          ? `the type ${found.sql} of column ${column.name} of the table ${table.table} cannot store its values of type ${
            declaredType(column)
          }`
          : `the table ${table.table} has no column ${column.name}`,
        remedy: "Alter the table, or change the stream's columns.",
      });
    }
    const { type, isNotNull } = found;
    return createColumnType(type, optionsOf(column, { isNotNull, ...characters && { characters } }));
  });
  return { stream, types, typeOids: stream.columns.map(({ name }) => table.columns.get(name)!.typeOid) };
}

/**
 * The declared type of a column.
 *
 * @throws {RangeError} if it is not supported
 */
export function declaredDescriptor(stream: Stream, column: Column): TypeDescriptor {
  const sql = declaredType(column);
  const type = parseType(sql);
  const scalar = type?.element ?? type;
  const labels = scalar?.kind === "enum" ? labelsOf(stream, column) : undefined;
  if (!type || (scalar?.kind === "enum" && !labels)) {
    throw new RangeError(
      `Stream ${stream.name}, column ${column.name}: the type ${sql} is not supported, and is no enum type whose labels the schema lists.`,
    );
  }
  if (!labels) return type;
  return type.element ? { ...type, element: { ...type.element, labels } } : { ...type, labels };
}

/**
 * Binds a stream to its declared types, without a database.
 *
 * @throws {RangeError} if a type is not supported
 */
export const bindDeclaredTypes = (stream: Stream): BoundStream => ({
  stream,
  types: stream.columns.map((column) =>
    createColumnType(declaredDescriptor(stream, column), optionsOf(column, {}))
  ),
});
