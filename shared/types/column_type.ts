/**
 * The types of columns, as PostgreSQL's catalog describes them.
 *
 * @module
 */
import type { EpochUnit } from "../stream.ts";
import type { CharacterSet } from "./character_set.ts";
import { Decimal } from "./decimal.ts";
import type { RowBuffer } from "./row_buffer.ts";
import type { TypeDescriptor } from "./type_descriptor.ts";

/** How values of a column are converted. */
export interface TypeOptions {
  /** For dates and timestamps: the unit of numbers. Without it, numbers are rejected. */
  readonly epoch?: EpochUnit;
  /** For `timestamptz`: the IANA time zone of texts without an offset. Without it, such texts are rejected. */
  readonly timeZone?: string;
  /** The column is NOT NULL. */
  readonly isNotNull?: boolean;
  /** Characters that the database can store. Default: all (UTF-8). */
  readonly characters?: CharacterSet;
}

/**
 * Appends a value that is not null to a row: its length as INT32, then its bytes. On a problem, the caller removes what was appended.
 *
 * @returns why the value cannot be stored, in words that follow the column's name and a colon; `undefined`: it was appended
 */
export type WriteValue = (value: unknown, row: RowBuffer) => string | undefined;

/**
 * Converts values to a type's binary format.
 *
 * The values are the output of a stream's schema: JSON values, `bigint`, `Decimal` (exact numbers of the record), `Date`, `Uint8Array`.
 */
export interface ColumnType {
  /** Name as `format_type()` prints it: `bigint`, `numeric(12,2)`, `text[]`, `sales.currency`. */
  readonly sql: string;
  /** What {@link sql} describes, and how values are converted. Missing in types of tests. */
  readonly descriptor?: TypeDescriptor;
  readonly options?: TypeOptions;
  /**
   * Appends the value to a row: its length as INT32, then its bytes; NULL for `null` and `undefined`. On a problem, the caller removes what
   * was appended.
   *
   * @returns why the value cannot be stored, in words that follow the column's name and a colon; `undefined`: it was appended
   */
  write(value: unknown, row: RowBuffer): string | undefined;
}

/** The value in a message, shortened. */
export function shown(value: unknown): string {
  const text = typeof value === "string" ? JSON.stringify(value) : String(value);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** Kind of a value in messages: `string`, `number`, `array`, `object`. */
export function kindOf(value: unknown): string {
  if (Array.isArray(value)) return "array";
  return typeof value === "bigint" || value instanceof Decimal ? "number" : typeof value;
}
