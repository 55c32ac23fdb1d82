/**
 * json and jsonb.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { characterProblem, type CharacterSet, HALF_PAIR, NUL } from "./character_set.ts";
import { kindOf, type WriteValue } from "./column_type.ts";
import { rawJSON } from "./decimal.ts";
import { JsonSource } from "./json_source.ts";
import { isNumeric } from "./numeric.ts";
import type { RowBuffer } from "./row_buffer.ts";

const QUOTE = 0x22;
const MINUS = 0x2d;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;

/** Version of jsonb's binary format. */
export const JSONB_VERSION = 1;

/** Numbers of at most this length without an exponent are within the limits of numeric. */
const SHORT_NUMBER_LENGTH_MAX = 16_000;

const isDigit = (code: number) => code >= 0x30 && code <= 0x39;
const isNumberPart = (code: number) => isDigit(code) || code === 0x2e || code === 0x2b || code === MINUS;
const isExponentMark = (code: number) => (code | 0x20) === 0x65;

/** Code unit of the escape `\uXXXX` at a position, which is that of the backslash; −1 if there is another escape or none. */
function escapedUnit(source: Uint8Array, at: number, end: number): number {
  if (at + 6 > end || source[at] !== BACKSLASH || source[at + 1] !== LOWER_U) return -1;
  let unit = 0;
  for (let i = at + 2; i < at + 6; i++) unit = unit << 4 | (source[i]! & 0xf) + (source[i]! > 0x40 ? 9 : 0);
  return unit;
}

/**
 * The position after the string that begins at `at`.
 *
 * @returns a text if the string contains an escape that PostgreSQL cannot store
 */
function skipString(source: Uint8Array, at: number, end: number): number | string {
  for (let i = at + 1; i < end; i++) {
    const code = source[i]!;
    if (code === QUOTE) return i + 1;
    if (code !== BACKSLASH) continue;
    const unit = escapedUnit(source, i, end);
    if (unit < 0) i++;
    else {
      if (unit === 0) return NUL;
      i += 5;
      if ((unit & 0xf800) !== 0xd800) continue;
      if (unit >= 0xdc00 || (escapedUnit(source, i + 1, end) & 0xfc00) !== 0xdc00) return HALF_PAIR;
      i += 6;
    }
  }
  return end;
}

/** The position after the number at `at`; a text if jsonb cannot store it. */
function skipNumber(source: Uint8Array, at: number, end: number): number | string {
  let i = at + 1;
  let hasExponent = false;
  for (; i < end; i++) {
    if (isNumberPart(source[i]!)) continue;
    if (!isExponentMark(source[i]!)) break;
    hasExponent = true;
  }
  if (!hasExponent && i - at <= SHORT_NUMBER_LENGTH_MAX) return i;
  const text = Buffer.from(source.buffer, source.byteOffset + at, i - at).toString("latin1");
  return isNumeric(text) ? i : `contains a number that is out of range for numeric: ${text.slice(0, 50)}`;
}

/**
 * Finds what PostgreSQL cannot store in a valid JSON text: `\u0000`, halves of surrogate pairs and, in jsonb, numbers outside of the
 * limits of numeric.
 */
export function jsonProblem(
  source: Uint8Array,
  start: number,
  end: number,
  isBinary: boolean,
): string | undefined {
  for (let at = start; at < end;) {
    const code = source[at]!;
    let next: number | string = at + 1;
    if (code === QUOTE) next = skipString(source, at, end);
    else if (isBinary && (code === MINUS || isDigit(code))) next = skipNumber(source, at, end);
    if (typeof next === "string") return next;
    at = next;
  }
  return undefined;
}

/** The value as JSON, with exact numbers. */
function stringify(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    // There is a bigint. A replacer makes all calls slow.
    return JSON.stringify(
      value,
      (_key, member) => typeof member === "bigint" ? rawJSON(String(member)) : member,
    );
  }
}

/** Replaces the escapes of characters above U+007F, which jsonb does not support in an SQL_ASCII database, by the characters. */
function unescapeUnicode(start: number, row: RowBuffer): void {
  const text = row.bytes.toString("utf8", start, row.length);
  const plain = text.replaceAll(/\\(?:u([0-9a-f]{4})|.)/gi, (escape, digits?: string) => {
    const unit = digits === undefined ? 0 : parseInt(digits, 16);
    return unit > 0x7f ? String.fromCharCode(unit) : escape;
  });
  row.length = start;
  row.text(plain);
}

/** Converts any JSON value, and {@link JsonSource}. @param isBinary jsonb */
export const jsonWriter = (isBinary: boolean, characters?: CharacterSet): WriteValue => (value, row) => {
  const start = row.beginValue();
  if (isBinary) {
    row.reserve(1);
    row.bytes[row.length++] = JSONB_VERSION;
  }
  const textStart = row.length;
  if (value instanceof JsonSource) row.copy(value.bytes, value.start, value.end);
  else {
    const text = stringify(value);
    if (text === undefined) return `expected a JSON value, received ${kindOf(value)}`;
    row.text(text);
  }
  const problem = jsonProblem(row.bytes, textStart, row.length, isBinary);
  if (!problem && isBinary && characters?.countsBytes) unescapeUnicode(textStart, row);
  row.endValue(start);
  if (problem || !characters?.characters) return problem;
  const text = row.bytes.toString("utf8", textStart, row.length);
  // jsonb stores the characters of escapes.
  return characterProblem(isBinary ? JSON.stringify(JSON.parse(text)) : text, characters);
};
