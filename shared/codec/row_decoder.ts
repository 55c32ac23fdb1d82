/**
 * Decodes the values of Kafka records into rows of PostgreSQL's binary COPY format, or into the reasons for their rejection.
 *
 * @module
 */
import type { RowBuffer } from "../types/row_buffer.ts";
import type { BoundStream, RecordMetadata } from "./bound_stream.ts";
import { GeneralPath } from "./general_path.ts";
import { reject, type Rejection } from "./rejection.ts";

export type { BoundStream, RecordMetadata };

/**
 * Decodes the value of `length` bytes from `start` on; a length of −1 means null. Appends one row to `rows`: the number of columns as
 * INT16, then the columns in their order. Returns why the value is rejected, if it is; then `rows` is unchanged.
 */
export type RowDecoder = (
  bytes: Uint8Array,
  start: number,
  length: number,
  rows: RowBuffer,
  meta: RecordMetadata,
) => Rejection | undefined;

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");
const EMPTY_VALUE = reject("empty value", "The value has no bytes.");

/** Creates a decoder of a stream's records. */
export function createRowDecoder(bound: BoundStream): RowDecoder {
  const general = new GeneralPath(bound);
  return (bytes, start, length, rows, meta) => {
    if (length < 0) return NO_VALUE;
    if (length === 0) return EMPTY_VALUE;
    return general.decode(bytes, start, start + length, rows, meta);
  };
}
