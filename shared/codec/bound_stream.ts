/**
 * What the decoder of a stream's records works with: the stream, the types of its columns, and the properties of each record.
 *
 * @module
 */
import type { Stream } from "../stream.ts";
import type { ColumnType } from "../types/column_type.ts";
import type { RowBuffer } from "../types/row_buffer.ts";
import type { Rejection } from "./rejection.ts";

/** A stream and the types of its columns, as the catalog has them. */
export interface BoundStream {
  readonly stream: Stream;
  /** One type per column of the stream. */
  readonly types: readonly ColumnType[];
  /** OIDs of the types that the columns have in the table, one per column: of domains their own. Missing without a database. */
  readonly typeOids?: readonly number[];
}

/** Properties of a Kafka record besides its value. The reader of record batches updates one object for all records. */
export interface RecordMetadata {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  /** Unix ms; negative: none. */
  readonly timestamp: number;
  /** The key, not copied. */
  key(): Uint8Array | null;
  /** The headers in their order, not copied; `undefined`: unknown. */
  headers(): readonly (readonly [name: string, value: Uint8Array | null])[] | undefined;
}

/** The other names of members, by name, in order of precedence. */
export function memberAliases({ stream: { columns } }: BoundStream): Map<string, readonly string[]> {
  const aliases = new Map<string, readonly string[]>();
  for (const column of columns) {
    if (!("path" in column)) continue;
    const [name] = column.path;
    if (typeof name !== "string") continue;
    aliases.set(name, [...new Set([...aliases.get(name) ?? [], ...column.aliases ?? []])]);
  }
  return aliases;
}

/**
 * Decodes the value of `length` bytes from `start` on; a length of −1 means null. Appends one row to `rows`: the number of columns as
 * INT16, then the columns in their order; a record that the stream ignores has no row. Returns why the value is rejected, if it is; then `rows` is unchanged.
 */
export type RowDecoder = (
  bytes: Uint8Array,
  start: number,
  length: number,
  rows: RowBuffer,
  meta: RecordMetadata,
) => Rejection | undefined;

/** Decodes a value that is not part of a record batch. */
export const decodeValue = (
  decode: RowDecoder,
  value: Uint8Array | null,
  rows: RowBuffer,
  meta: RecordMetadata,
): Rejection | undefined => decode(value ?? NO_BYTES, 0, value?.length ?? -1, rows, meta);

const NO_BYTES = new Uint8Array(0);
