/**
 * Skips JSON values (RFC 8259) in UTF-8 bytes without parsing them. Skips exactly the values that JSON.parse accepts and that are valid
 * UTF-8; property tests compare the two.
 *
 * @module
 */

/**
 * Whether a function of this module found invalid input: it returns `~index` (negative) of the first offending byte, or `~end` if the
 * value is incomplete. On valid input it returns the index after the value.
 */
export const isInvalid = (at: number): boolean => at < 0;

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d, POINT = 0x2e;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** 1 for bytes that a string contains unescaped: ASCII except control characters, quote and backslash. */
const IS_UNESCAPED = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** 1 for bytes that may follow a backslash, except `u`. */
const IS_SHORT_ESCAPE = new Uint8Array(256);
for (const character of '"\\/bfnrt') IS_SHORT_ESCAPE[character.charCodeAt(0)] = 1;

const [TRUE, FALSE, NULL] = ["true", "false", "null"].map((text) => new TextEncoder().encode(text));

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isHex = (byte: number | undefined) =>
  isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** Index of the first byte from `at` on that is not white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** Skips one or more digits. */
function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  const start = at;
  while (at < end && isDigit(bytes[at])) at++;
  return at === start ? ~at : at;
}

/** Length of a number that is not {@link JsonSkipper.hasLargeNumber}: any type of numbers can hold it. */
const NUMBER_LENGTH_MAX = 300;

/** Skips `true`, `false` or `null`. */
function skipLiteral(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at];
  const literal = first === 0x74 ? TRUE! : first === 0x66 ? FALSE! : NULL!;
  if (first !== literal[0]) return ~at;
  for (let i = 1; i < literal.length; i++) {
    if (at + i >= end || bytes[at + i] !== literal[i]) return ~(at + i);
  }
  return at + literal.length;
}

/**
 * Skips a UTF-8 sequence of two to four bytes. Overlong sequences, surrogates and code points above U+10FFFF are invalid.
 *
 * @see The Unicode Standard, table 3-7
 */
function skipSequence(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!, second = bytes[at + 1];
  if (!isContinuation(second)) return ~at;
  if (first >= 0xc2 && first <= 0xdf) return at + 2;
  if (!isContinuation(bytes[at + 2])) return ~at;
  if (first >= 0xe0 && first <= 0xef) {
    if ((first === 0xe0 && second! < 0xa0) || (first === 0xed && second! > 0x9f)) return ~at;
    return at + 3;
  }
  if (first < 0xf0 || first > 0xf4 || !isContinuation(bytes[at + 3])) return ~at;
  if ((first === 0xf0 && second! < 0x90) || (first === 0xf4 && second! > 0x8f)) return ~at;
  return at + 4;
}

/** Skips an escape; its backslash is at `at`. */
function skipEscape(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1]!;
  if (IS_SHORT_ESCAPE[kind] === 1) return at + 2;
  if (kind !== 0x75) return ~(at + 1);
  for (let i = at + 2; i < at + 6; i++) if (!isHex(bytes[i])) return ~i;
  return at + 6;
}

/** Skips values. Caches a view of the last buffer. */
export class JsonSkipper {
  /** Whether a string had an escape, or a character that is not ASCII, since the caller set the properties to `false`. */
  hasEscape = false;
  hasNonAscii = false;
  /** Whether a number had an exponent or many digits, since the caller set the property to `false`. */
  hasLargeNumber = false;
  #view: DataView = new DataView(new ArrayBuffer(0));

  /**
   * Skips the value that begins at `at`, which must not be white space.
   *
   * @param maxDepth maximum nesting of arrays and objects
   */
  skipValue(bytes: Uint8Array, at: number, end: number, maxDepth: number): number {
    if (at >= end) return ~end;
    switch (bytes[at]) {
      case QUOTE:
        return this.skipString(bytes, at, end);
      case OPEN_OBJECT:
        return maxDepth === 0 ? ~at : this.#skipMembers(bytes, at + 1, end, maxDepth - 1);
      case OPEN_ARRAY:
        return maxDepth === 0 ? ~at : this.#skipElements(bytes, at + 1, end, maxDepth - 1);
      case MINUS:
        return this.#skipNumber(bytes, at, end);
      default:
        return isDigit(bytes[at]) ? this.#skipNumber(bytes, at, end) : skipLiteral(bytes, at, end);
    }
  }

  #skipNumber(bytes: Uint8Array, start: number, end: number): number {
    const first = bytes[start] === MINUS ? start + 1 : start;
    let at = skipDigits(bytes, first, end);
    if (isInvalid(at)) return at;
    if (bytes[first] === 0x30 && at > first + 1) return ~(first + 1);
    if (at < end && bytes[at] === POINT) {
      at = skipDigits(bytes, at + 1, end);
      if (isInvalid(at)) return at;
    }
    if (at < end && (bytes[at]! | 0x20) === 0x65) {
      this.hasLargeNumber = true;
      const sign = bytes[at + 1];
      at = skipDigits(bytes, sign === MINUS || sign === 0x2b ? at + 2 : at + 1, end);
    } else if (at - start > NUMBER_LENGTH_MAX) this.hasLargeNumber = true;
    return at;
  }

  /** Skips the string whose opening quote is at `at`. */
  skipString(bytes: Uint8Array, at: number, end: number): number {
    // Bytes after the end may look like a continuation of the string; then its closing quote is missing.
    for (at++; at < end;) {
      at = this.#skipUnescaped(bytes, at, end);
      if (at >= end) break;
      const byte = bytes[at]!;
      if (byte === QUOTE) return at + 1;
      if (byte === BACKSLASH) {
        this.hasEscape = true;
        at = skipEscape(bytes, at);
      } else if (byte >= 0x80) {
        this.hasNonAscii = true;
        at = skipSequence(bytes, at);
      } else at = ~at;
      if (isInvalid(at)) return at;
    }
    return ~end;
  }

  /** Index of the first byte from `at` on that is not {@link IS_UNESCAPED}. */
  #skipUnescaped(bytes: Uint8Array, at: number, end: number): number {
    if (this.#view.buffer !== bytes.buffer) this.#view = new DataView(bytes.buffer);
    const view = this.#view, { byteOffset } = bytes;
    for (; at + 4 <= end; at += 4) {
      // Sets the highest bit of each byte that is not ASCII, below a space, a quote or a backslash. A borrow may also set it for the
      // bytes above such a byte, but never without one.
      const four = view.getInt32(byteOffset + at, true);
      const quote = (four ^ 0x22222222) - 0x01010101, backslash = (four ^ 0x5c5c5c5c) - 0x01010101;
      const special = (four | (four - 0x20202020) | quote | backslash) & 0x80808080;
      if (special !== 0) return at + (31 - Math.clz32(special & -special) >> 3);
    }
    while (at < end && IS_UNESCAPED[bytes[at]!] === 1) at++;
    return at;
  }

  #skipElements(bytes: Uint8Array, at: number, end: number, maxDepth: number): number {
    at = skipSpace(bytes, at, end);
    if (at < end && bytes[at] === CLOSE_ARRAY) return at + 1;
    while (at < end) {
      at = this.skipValue(bytes, at, end, maxDepth);
      if (isInvalid(at)) return at;
      at = skipSpace(bytes, at, end);
      if (at >= end) break;
      if (bytes[at] === CLOSE_ARRAY) return at + 1;
      if (bytes[at] !== COMMA) return ~at;
      at = skipSpace(bytes, at + 1, end);
    }
    return ~end;
  }

  #skipMembers(bytes: Uint8Array, at: number, end: number, maxDepth: number): number {
    at = skipSpace(bytes, at, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) return at + 1;
    while (at < end) {
      if (bytes[at] !== QUOTE) return ~at;
      at = this.skipString(bytes, at, end);
      if (isInvalid(at)) return at;
      at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at] !== COLON) return ~at;
      at = this.skipValue(bytes, skipSpace(bytes, at + 1, end), end, maxDepth);
      if (isInvalid(at)) return at;
      at = skipSpace(bytes, at, end);
      if (at >= end) break;
      if (bytes[at] === CLOSE_OBJECT) return at + 1;
      if (bytes[at] !== COMMA) return ~at;
      at = skipSpace(bytes, at + 1, end);
    }
    return ~end;
  }
}
