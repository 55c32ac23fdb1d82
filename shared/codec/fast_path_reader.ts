/**
 * The short way for a record as nearly all are: exactly the JSON text that a producer of ours writes. Its numbers are
 * read straight from the bytes. Whatever looks any other way takes the long way, JSON.parse and the stream's schema.
 *
 * @module
 */
import type { Stream } from "../stream.ts";
import { NumberScanner } from "./number_scanner.ts";

/**
 * Reads the numbers of the value that lies in `bytes` from `start` to `end` (exclusive) into `row`, one for each field; false: not
 * plain, so nothing is known of it yet.
 */
export type FastPathReader = (bytes: Uint8Array, start: number, end: number, row: Float64Array) => boolean;

/** What stands before, between and after the numbers of a record of ours: `{"userID":`, `,"timestamp":` … `]}`. */
export function literalParts(stream: Stream): string[] {
  const record: Record<string, unknown> = {};
  for (const { path } of stream.fields) {
    let place: Record<string | number, unknown> = record;
    path.forEach((step, depth) => {
      const next = path[depth + 1];
      if (next === undefined) place[step] = null;
      else place = (place[step] ??= typeof next === "number" ? [] : {}) as Record<string | number, unknown>;
    });
  }
  return JSON.stringify(record).split("null");
}

/**
 * A reader of a stream's plain records. It takes a value only if the schema would, with the same numbers; the property test in
 * `decode_test.ts` holds the two together.
 */
export function createFastPathReader(stream: Stream): FastPathReader {
  const pieces = literalParts(stream).map((text) => new TextEncoder().encode(text));
  const fields = stream.fields.map(({ min, max, type }, index) => ({
    min,
    max,
    whole: type === "INT",
    before: pieces[index]!,
  }));
  const after = pieces[fields.length]!;
  const scanner = new NumberScanner();

  return (bytes, start, end, row) => {
    let at = start;
    for (let f = 0; f < fields.length; f++) {
      const { min, max, whole, before } = fields[f]!;
      // Bytes behind the end may match too; then the number that must follow is missing.
      for (let i = 0; i < before.length; i++) if (bytes[at + i] !== before[i]) return false;
      at += before.length;
      const number = scanner.scan(bytes, at, end);
      // NaN, too, is not within the limits.
      if (!(number >= min && number <= max) || (whole && scanner.fraction)) return false;
      at = scanner.end;
      row[f] = number;
    }
    if (at + after.length !== end) return false;
    for (let i = 0; i < after.length; i++) if (bytes[at + i] !== after[i]) return false;
    return true;
  };
}
