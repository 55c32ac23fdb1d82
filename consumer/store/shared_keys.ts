/**
 * Finds keys of upsert streams that have records in several partitions of one batch. Of these, only the last record reaches the table.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { keyIndexes } from "../../shared/upsert_stream.ts";
import type { UpsertRows } from "./upsert.ts";

/** The bytes of the key columns of each row. */
function* keysOf(rows: Uint8Array, indexes: readonly number[]): Generator<string> {
  const bytes = Buffer.from(rows.buffer, rows.byteOffset, rows.length);
  const last = Math.max(...indexes);
  for (let at = 0; at < bytes.length;) {
    const columns = bytes.readInt16BE(at);
    let key = "";
    at += 2;
    for (let c = 0; c < columns; c++) {
      const end = at + 4 + Math.max(0, bytes.readInt32BE(at));
      // With the length, so that the texts of several columns cannot be confused.
      if (c <= last && indexes.includes(c)) key += bytes.toString("latin1", at, end);
      at = end;
    }
    yield key;
  }
}

/** Number of keys of a stream that occur in several partitions. */
export function countSharedKeys(segments: readonly UpsertRows[]): number {
  if (new Set(segments.map(({ partition }) => partition)).size < 2) return 0;
  const indexes = keyIndexes(segments[0]!.stream);
  const partitions = new Map<string, number>();
  const shared = new Set<string>();
  for (const { partition, rows } of segments) {
    for (const key of keysOf(rows, indexes)) {
      const known = partitions.get(key);
      if (known === undefined) partitions.set(key, partition);
      else if (known !== partition) shared.add(key);
    }
  }
  return shared.size;
}
