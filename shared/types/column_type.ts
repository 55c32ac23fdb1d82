/**
 * The types of columns, as PostgreSQL's catalog describes them.
 *
 * @module
 */
import type { RowBuffer } from "./row_buffer.ts";

/**
 * Converts values to a type's binary format.
 *
 * The values are the output of a stream's schema: JSON values, `bigint`, `Decimal` (exact numbers of the record), `Date`, `Uint8Array`.
 */
export interface ColumnType {
  /** Name as `format_type()` prints it: `bigint`, `numeric(12,2)`, `text[]`, `sales.currency`. */
  readonly sql: string;
  /**
   * Appends the value to a row: its length as INT32, then its bytes; NULL for `null` and `undefined`. On a problem, the caller removes what
   * was appended.
   *
   * @returns why the value cannot be stored, as the end of a sentence that begins with the column's name; `undefined`: it was appended
   */
  write(value: unknown, row: RowBuffer): string | undefined;
}
