/**
 * Creates the converters of columns.
 *
 * @module
 */
import { arrayWriter } from "./arrays.ts";
import { writeBoolean, writeBytea, writeUuid } from "./binary_types.ts";
import type { ColumnType, TypeOptions, WriteValue } from "./column_type.ts";
import { writeDouble, writeReal } from "./floats.ts";
import { integerWriter } from "./integers.ts";
import { jsonWriter } from "./json.ts";
import { numericWriter } from "./numeric.ts";
import { enumWriter, limitedTextWriter, textWriter } from "./texts.ts";
import { dateWriter, timestamptzWriter, timestampWriter } from "./timestamps.ts";
import type { TypeDescriptor } from "./type_descriptor.ts";

/** @throws {RangeError} if the options name an unknown time zone */
function valueWriter(descriptor: TypeDescriptor, options: TypeOptions): WriteValue {
  const { kind, sql, modifiers, labels, element } = descriptor;
  const { characters } = options;
  switch (kind) {
    case "smallint":
    case "integer":
    case "bigint":
      return integerWriter(kind);
    case "real":
      return writeReal;
    case "double precision":
      return writeDouble;
    case "numeric":
      return numericWriter(modifiers);
    case "boolean":
      return writeBoolean;
    case "text":
      return textWriter(characters);
    case "character varying":
    case "character":
      return modifiers[0] === undefined
        ? textWriter(characters)
        : limitedTextWriter(modifiers[0], sql, characters);
    case "uuid":
      return writeUuid;
    case "date":
      return dateWriter(options);
    case "timestamp without time zone":
      return timestampWriter(options);
    case "timestamp with time zone":
      return timestamptzWriter(options);
    case "json":
    case "jsonb":
      return jsonWriter(kind === "jsonb", characters);
    case "bytea":
      return writeBytea;
    case "enum":
      return enumWriter(labels ?? [], sql);
    case "array":
      return arrayWriter(element!.oid, valueWriter(element!, options));
  }
}

/**
 * Creates the converter of a column.
 *
 * @throws {RangeError} if the options name an unknown time zone
 */
export function createColumnType(descriptor: TypeDescriptor, options: TypeOptions = {}): ColumnType {
  const write = valueWriter(descriptor, options);
  const { sql } = descriptor;
  return {
    sql,
    descriptor,
    options,
    write(value, row) {
      if (value !== null && value !== undefined) return write(value, row);
      if (options.isNotNull) return "null, but the column is NOT NULL";
      row.null();
      return undefined;
    },
  };
}
