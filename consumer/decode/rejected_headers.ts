/**
 * The headers of a record as `bytea[]` in PostgreSQL's binary format: an array of pairs of name and value.
 *
 * ```
 * Array => Dimensions (INT32) Flags (INT32) ElementType (INT32) [Size (INT32) LowerBound (INT32)] [Length (INT32) Element]
 * ```
 *
 * @see PostgreSQL's array_recv() in src/backend/utils/adt/arrayfuncs.c
 * @module
 */
import type { Buffer } from "node:buffer";
import type { RecordHeaders } from "../../shared/kafka/records/record_reader.ts";

const BYTEA_OID = 17;
/** Number of dimensions, flags and type of the elements. */
const HEAD_BYTES = 12;
const DIMENSION_BYTES = 8;

/** Size of the headers, without the length that precedes a field. */
export const headersSize = (headers: RecordHeaders): number =>
  headers.length === 0 ? HEAD_BYTES : headers.reduce(
    (sum, [name, value]) => sum + 8 + (name?.length ?? 0) + (value?.length ?? 0),
    HEAD_BYTES + 2 * DIMENSION_BYTES,
  );

/** Writes the headers at a position of a buffer with enough space. */
export function writeHeaders(headers: RecordHeaders, target: Buffer, at: number): void {
  const dimensions = headers.length === 0 ? [] : [headers.length, 1, 2, 1];
  for (const value of [dimensions.length / 2, 0, BYTEA_OID, ...dimensions]) {
    at = target.writeInt32BE(value, at);
  }
  for (const element of headers.flat()) {
    at = target.writeInt32BE(element?.length ?? -1, at);
    if (element !== null) at += element.copy(target, at);
  }
}

/** Reads headers that {@link writeHeaders} wrote. Names and values are not copied. */
export function readHeaders(field: Buffer): RecordHeaders {
  if (field.readInt32BE(0) === 0) return [];
  let at = HEAD_BYTES + 2 * DIMENSION_BYTES;
  const element = () => {
    const start = at + 4, length = field.readInt32BE(at);
    at = start + Math.max(0, length);
    return length < 0 ? null : field.subarray(start, at);
  };
  return Array.from({ length: field.readInt32BE(HEAD_BYTES) }, () => [element(), element()] as const);
}
