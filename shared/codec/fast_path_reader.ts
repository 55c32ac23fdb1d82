/**
 * The fast path of the decoder, for records serialized exactly as by our producer: reads the numbers directly from the bytes. All other
 * values are left to the general reader or to JSON.parse and the stream's schema.
 *
 * @module
 */
import type { Stream } from "../stream.ts";
import { NumberScanner } from "./number_scanner.ts";

/**
 * Reads the numbers of the value in `bytes` from `start` to `end` (exclusive) into `row`, one per field. Returns false if the value needs
 * another reader; it may be valid or not.
 */
export type FastPathReader = (bytes: Uint8Array, start: number, end: number, row: Float64Array) => boolean;

/** The constant text before, between and after the numbers of a record: `{"userID":`, `,"timestamp":` … `]}`. */
export function literalParts(stream: Stream): string[] {
  const record: Record<string, unknown> = {};
  for (const { path } of stream.fields) {
    let parent: Record<string | number, unknown> = record;
    path.forEach((step, depth) => {
      const next = path[depth + 1];
      if (next === undefined) parent[step] = null;
      else parent = (parent[step] ??= typeof next === "number" ? [] : {}) as Record<string | number, unknown>;
    });
  }
  return JSON.stringify(record).split("null");
}

/** Creates a reader that accepts a value only if the schema does, with the same numbers; property tests compare the two. */
export function createFastPathReader(stream: Stream): FastPathReader {
  const literals = literalParts(stream).map((text) => new TextEncoder().encode(text));
  const fields = stream.fields.map(({ min, max, type }, index) => ({
    min,
    max,
    isInteger: type === "INT",
    before: literals[index]!,
  }));
  const after = literals[fields.length]!;
  const scanner = new NumberScanner();

  return (bytes, start, end, row) => {
    let at = start;
    for (let f = 0; f < fields.length; f++) {
      const { min, max, isInteger, before } = fields[f]!;
      // Bytes after the end may match, too; then the following number is missing.
      for (let i = 0; i < before.length; i++) if (bytes[at + i] !== before[i]) return false;
      at += before.length;
      const number = scanner.scan(bytes, at, end);
      // NaN is not within the limits either.
      if (!(number >= min && number <= max) || (isInteger && scanner.hasFraction)) return false;
      at = scanner.end;
      row[f] = number;
    }
    if (at + after.length !== end) return false;
    for (let i = 0; i < after.length; i++) if (bytes[at + i] !== after[i]) return false;
    return true;
  };
}
