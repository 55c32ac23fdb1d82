/**
 * Decodes the records of upsert streams: tombstones, and records without a key.
 *
 * @module
 */
import type { RowBuffer } from "../types/row_buffer.ts";
import { keyIndexes, upsertMode } from "../upsert_stream.ts";
import type { BoundStream, RowDecoder } from "./bound_stream.ts";
import { reject, rejectColumn } from "./rejection.ts";
import { TombstoneRows } from "./tombstone_row.ts";

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");

/** Position of the first key column that is NULL in the row from `start` on; `undefined`: none. */
function nullKeyIndex({ view }: RowBuffer, start: number, isKey: readonly boolean[]): number | undefined {
  let at = start + 2;
  for (let c = 0; c < isKey.length; c++) {
    const length = view.getInt32(at);
    if (length < 0 && isKey[c]) return c;
    at += 4 + Math.max(0, length);
  }
  return undefined;
}

/**
 * Adds to a decoder what the stream's write mode requires: a tombstone is a row with the partition's complement (`delete`), rejected, or
 * ignored, without a row; a record whose row has NULL in a key column is rejected.
 */
export function upsertDecoder(bound: BoundStream, decode: RowDecoder): RowDecoder {
  const mode = upsertMode(bound.stream);
  if (!mode) return decode;
  const indexes = keyIndexes(bound.stream);
  const isKey = Array.from({ length: Math.max(...indexes) + 1 }, (_, c) => indexes.includes(c));
  const tombstones = new TombstoneRows(bound);
  return (bytes, start, length, rows, meta) => {
    if (length < 0 && mode.tombstones === "ignore") return undefined;
    if (length < 0) return mode.tombstones === "delete" ? tombstones.write(rows, meta) : NO_VALUE;
    const rowStart = rows.length;
    const rejection = decode(bytes, start, length, rows, meta);
    if (rejection) return rejection;
    const index = nullKeyIndex(rows, rowStart, isKey);
    if (index === undefined) return undefined;
    rows.length = rowStart;
    return rejectColumn(bound.stream.columns[index]!.name, "null, but part of the key");
  };
}
