/**
 * text, varchar, char and enums.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { characterProblem, type CharacterSet, HALF_PAIR, NUL } from "./character_set.ts";
import { kindOf, shown, type WriteValue } from "./column_type.ts";
import type { RowBuffer } from "./row_buffer.ts";

/** Up to this length, a loop is faster than a call of Buffer.write(). */
const LOOP_LENGTH_MAX = 48;

/**
 * Appends a text with its length; returns false, with nothing appended, if it contains `\0` or a character above `last`, which is at most
 * U+FFFF, or a surrogate.
 */
function writeShort(text: string, last: number, row: RowBuffer): boolean {
  const { length } = text;
  row.reserve(4 + 3 * length);
  const { bytes } = row;
  const start = row.length + 4;
  let at = start;
  for (let i = 0; i < length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0 || code > last) return false;
    if (code < 0x80) bytes[at++] = code;
    else if (code < 0x800) {
      bytes[at++] = 0xc0 | code >> 6;
      bytes[at++] = 0x80 | code & 0x3f;
    } else {
      if ((code & 0xf800) === 0xd800) return false;
      bytes[at++] = 0xe0 | code >> 12;
      bytes[at++] = 0x80 | code >> 6 & 0x3f;
      bytes[at++] = 0x80 | code & 0x3f;
    }
  }
  row.view.setInt32(start - 4, at - start);
  row.length = at;
  return true;
}

/** Characters that no text type of PostgreSQL can store. */
function textProblem(text: string, characters: CharacterSet | undefined): string | undefined {
  if (text.includes("\0")) return NUL;
  if (!text.isWellFormed()) return HALF_PAIR;
  return characters && characterProblem(text, characters);
}

/** Converts strings to text. */
export const textWriter = (characters?: CharacterSet): WriteValue => {
  const last = characters?.characters ? 0x7f : 0xffff;
  return (value, row) => {
    if (typeof value !== "string") return `expected a string, received ${kindOf(value)}`;
    if (value.length <= LOOP_LENGTH_MAX && writeShort(value, last, row)) return undefined;
    const problem = textProblem(value, characters);
    if (problem) return problem;
    const start = row.beginValue();
    row.text(value);
    row.endValue(start);
    return undefined;
  };
};

/** Number of characters (code points), or of bytes in a database that has no encoding. */
function lengthOf(text: string, characters: CharacterSet | undefined): number {
  if (characters?.countsBytes) return Buffer.byteLength(text);
  let count = text.length;
  for (let i = 0; i < text.length; i++) if ((text.charCodeAt(i) & 0xfc00) === 0xdc00) count--;
  return count;
}

/**
 * Converts strings to `varchar(n)` and `char(n)`. Trailing spaces count: PostgreSQL would remove them silently.
 *
 * @param max number of characters
 */
export function limitedTextWriter(max: number, sql: string, characters?: CharacterSet): WriteValue {
  const write = textWriter(characters);
  return (value, row) => {
    // A text has at most as many characters as UTF-16 units, and at most three bytes for each.
    if (typeof value === "string" && value.length * 3 > max) {
      const length = value.length > max || characters?.countsBytes ? lengthOf(value, characters) : 0;
      if (length > max) {
        return `${length} ${characters?.countsBytes ? "bytes" : "characters"}, too long for ${sql}`;
      }
    }
    return write(value, row);
  };
}

/** Converts strings to an enum type. */
export function enumWriter(labels: readonly string[], sql: string): WriteValue {
  const encoded = new Map(labels.map((label) => [label, Buffer.from(label)]));
  return (value, row) => {
    const bytes = encoded.get(value as string);
    if (!bytes) {
      return typeof value === "string"
        ? `not a label of ${sql}: ${shown(value)}`
        : `expected a string, received ${kindOf(value)}`;
    }
    row.int32(bytes.length);
    row.copy(bytes, 0, bytes.length);
    return undefined;
  };
}
