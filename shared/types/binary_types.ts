/**
 * boolean, uuid and bytea.
 *
 * @module
 */
import { kindOf, shown, type WriteValue } from "./column_type.ts";
import type { RowBuffer } from "./row_buffer.ts";

/** Converts `true` and `false`. */
export const writeBoolean: WriteValue = (value, row) => {
  if (typeof value !== "boolean") return `expected true or false, received ${kindOf(value)}`;
  row.reserve(5);
  row.view.setInt32(row.length, 1);
  row.bytes[row.length + 4] = value ? 1 : 0;
  row.length += 5;
  return undefined;
};

/** Value of each ASCII character as a digit of a base; −1: none. */
function digitTable(digits: string): Int8Array {
  const table = new Int8Array(128).fill(-1);
  for (let i = 0; i < digits.length; i++) table[digits.charCodeAt(i)] = i;
  return table;
}

const HEX = digitTable("0123456789abcdef");
for (const letter of "ABCDEF") HEX[letter.charCodeAt(0)] = HEX[letter.toLowerCase().charCodeAt(0)]!;

/** Value of the digit at a position; −1: none. */
const digitAt = (text: string, at: number, table: Int8Array): number => table[text.charCodeAt(at)] ?? -1;

const UUID_BYTES = 16;
const HYPHEN = 0x2d;

/** Appends a UUID of 32 digits, or 36 with hyphens. Returns whether it is valid. */
function writeHex(text: string, row: RowBuffer): boolean {
  const hasHyphens = text.length === 36;
  if (!hasHyphens && text.length !== 32) return false;
  row.reserve(UUID_BYTES);
  let at = 0;
  for (let i = 0; i < UUID_BYTES; i++) {
    if (hasHyphens && (i === 4 || i === 6 || i === 8 || i === 10) && text.charCodeAt(at++) !== HYPHEN) {
      return false;
    }
    const byte = digitAt(text, at, HEX) << 4 | digitAt(text, at + 1, HEX);
    if (byte < 0) return false;
    row.bytes[row.length++] = byte;
    at += 2;
  }
  return true;
}

/** Converts UUIDs in text, with or without hyphens. */
export const writeUuid: WriteValue = (value, row) => {
  if (typeof value !== "string") return `expected a string, received ${kindOf(value)}`;
  row.int32(UUID_BYTES);
  return writeHex(value, row) ? undefined : `not a UUID: ${shown(value)}`;
};

const BASE64 = digitTable("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");
const PADDING = 0x3d;

/** Appends the bytes of a text in Base64, whose padding may be missing. Returns whether it is valid. */
function writeBase64(text: string, row: RowBuffer): boolean {
  let end = text.length;
  if (end % 4 === 0) { for (let i = 0; i < 2 && text.charCodeAt(end - 1) === PADDING; i++) end--; }
  if (end % 4 === 1) return false;
  row.reserve(text.length);
  const { bytes } = row;
  let at = row.length;
  let bits = 0;
  let count = 0;
  for (let i = 0; i < end; i++) {
    const digit = digitAt(text, i, BASE64);
    if (digit < 0) return false;
    bits = (bits << 6 | digit) & 0xffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes[at++] = bits >> count & 0xff;
    }
  }
  row.length = at;
  return true;
}

/** Converts bytes, and Base64 (RFC 4648, section 4) in text. */
export const writeBytea: WriteValue = (value, row) => {
  if (typeof value === "string") {
    const start = row.beginValue();
    if (!writeBase64(value, row)) return `not Base64: ${shown(value)}`;
    row.endValue(start);
    return undefined;
  }
  if (!(value instanceof Uint8Array)) return `expected Base64 text, received ${kindOf(value)}`;
  row.int32(value.length);
  row.copy(value, 0, value.length);
  return undefined;
};
