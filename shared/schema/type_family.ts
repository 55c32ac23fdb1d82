/**
 * Types whose values can be stored in columns of each other's type.
 *
 * @module
 */
import type { Column, Metadata } from "../stream.ts";
import { parseType, type ScalarKind, type TypeDescriptor } from "../types/type_descriptor.ts";
import { declaredType } from "./stream_table.ts";

const FAMILIES: Readonly<Record<ScalarKind, string>> = {
  smallint: "number",
  integer: "number",
  bigint: "number",
  real: "number",
  "double precision": "number",
  numeric: "number",
  boolean: "boolean",
  text: "text",
  "character varying": "text",
  character: "text",
  uuid: "text",
  enum: "text",
  date: "time",
  "timestamp without time zone": "time",
  "timestamp with time zone": "time",
  json: "json",
  jsonb: "json",
  bytea: "bytea",
};

/** The family of a type; of an array that of its elements, with brackets. */
const familyOf = ({ kind, element }: TypeDescriptor): string =>
  kind === "array" ? `${familyOf(element!)}[]` : FAMILIES[kind];

/** Metadata that can be stored in several families. */
const METADATA_FAMILIES: Partial<Record<Metadata, readonly string[]>> = {
  timestamp: ["time", "number"],
  key: ["bytea", "text", "json"],
  ingested_at: ["time", "number"],
};

/**
 * Whether a column of another type than the declared one can store the stream's values. Values that the other type cannot represent are
 * rejected one by one.
 */
export function isConvertible(column: Column, actual: TypeDescriptor): boolean {
  const declared = parseType(declaredType(column));
  const families = "metadata" in column ? METADATA_FAMILIES[column.metadata] : undefined;
  return declared !== undefined && (families ?? [familyOf(declared)]).includes(familyOf(actual));
}
