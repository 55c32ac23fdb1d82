/**
 * Passes over JSON values (RFC 8259) where they lie in UTF-8 bytes, without making anything of them. What it passes over, JSON.parse
 * takes too, and the bytes are valid UTF-8; `skip_test.ts` holds the two together.
 *
 * @module
 */

/**
 * Where there is no such value, every function here returns the complement (`~`, which is negative) of the index of the first byte
 * that can't be part of one; the end where one would have to go on.
 */
export const isInvalid = (at: number): boolean => at < 0;

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d, POINT = 0x2e;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** 1 for the bytes that stand for themselves in a string: ASCII but for controls, the quote and the backslash. */
const STANDS_FOR_ITSELF = Uint8Array.from(
  { length: 256 },
  (_, byte) => byte >= 0x20 && byte < 0x80 && byte !== QUOTE && byte !== BACKSLASH ? 1 : 0,
);

/** 1 for the bytes that may follow a backslash, but for `u`. */
const ESCAPED = new Uint8Array(256);
for (const character of '"\\/bfnrt') ESCAPED[character.charCodeAt(0)] = 1;

/** Bytes of a string that are looked at one by one before four are at a time: most strings are short. */
const SHORT = 16;

const LITERALS = ["true", "false", "null"].map((text) => new TextEncoder().encode(text));

const isDigit = (byte: number | undefined) => byte !== undefined && byte >= 0x30 && byte <= 0x39;
const isHex = (byte: number | undefined) =>
  isDigit(byte) || (byte !== undefined && (byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x66);
const isContinuation = (byte: number | undefined) => byte !== undefined && (byte & 0xc0) === 0x80;

/** Index of the first byte from `at` on that is no white space. */
export function skipSpace(bytes: Uint8Array, at: number, end: number): number {
  while (at < end) {
    const byte = bytes[at];
    if (byte !== 0x20 && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break;
    at++;
  }
  return at;
}

/** Index behind the digits from `at` on, at least one. */
function skipDigits(bytes: Uint8Array, at: number, end: number): number {
  const start = at;
  while (at < end && isDigit(bytes[at])) at++;
  return at === start ? ~at : at;
}

/** Index behind the number that begins at `at`. */
function skipNumber(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at] === MINUS ? at + 1 : at;
  at = skipDigits(bytes, first, end);
  if (isInvalid(at)) return at;
  if (bytes[first] === 0x30 && at > first + 1) return ~(first + 1);
  if (at < end && bytes[at] === POINT) {
    at = skipDigits(bytes, at + 1, end);
    if (isInvalid(at)) return at;
  }
  if (at < end && (bytes[at]! | 0x20) === 0x65) {
    const sign = bytes[at + 1];
    at = skipDigits(bytes, sign === MINUS || sign === 0x2b ? at + 2 : at + 1, end);
  }
  return at;
}

/** Index behind the one of `true`, `false` and `null` that begins at `at`. */
function skipLiteral(bytes: Uint8Array, at: number, end: number): number {
  const literal = LITERALS.find(([first]) => first === bytes[at]);
  if (!literal) return ~at;
  for (let i = 1; i < literal.length; i++) {
    if (at + i >= end || bytes[at + i] !== literal[i]) return ~(at + i);
  }
  return at + literal.length;
}

/**
 * Index behind the UTF-8 sequence of two to four bytes that begins at `at`: no longer than it must be, no surrogate, not above
 * U+10FFFF.
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

/** Index behind the escape whose backslash is at `at`. */
function skipEscape(bytes: Uint8Array, at: number): number {
  const kind = bytes[at + 1]!;
  if (ESCAPED[kind] === 1) return at + 2;
  if (kind !== 0x75) return ~(at + 1);
  for (let i = at + 2; i < at + 6; i++) if (!isHex(bytes[i])) return ~i;
  return at + 6;
}

/** Passes over values. One is enough for a consumer: it keeps only a view of the bytes it was given last. */
export class JsonSkipper {
  #words = new Int32Array(0);

  /**
   * Index behind the value that begins at `at`, which is no white space.
   *
   * @param levels how many arrays and objects within one another it may be
   */
  value(bytes: Uint8Array, at: number, end: number, levels: number): number {
    if (at >= end) return ~end;
    switch (bytes[at]) {
      case QUOTE:
        return this.string(bytes, at, end);
      case OPEN_OBJECT:
        return levels === 0 ? ~at : this.#members(bytes, at + 1, end, levels - 1);
      case OPEN_ARRAY:
        return levels === 0 ? ~at : this.#elements(bytes, at + 1, end, levels - 1);
      case MINUS:
        return skipNumber(bytes, at, end);
      default:
        return isDigit(bytes[at]) ? skipNumber(bytes, at, end) : skipLiteral(bytes, at, end);
    }
  }

  /** Index behind the string whose opening quote is at `at`. */
  string(bytes: Uint8Array, at: number, end: number): number {
    // What lies behind the end may look as if it belonged to the string; then its closing quote is missing.
    for (at++; at < end;) {
      at = this.#plain(bytes, at, end);
      if (at >= end) break;
      const byte = bytes[at]!;
      if (byte === QUOTE) return at + 1;
      at = byte === BACKSLASH ? skipEscape(bytes, at) : byte >= 0x80 ? skipSequence(bytes, at) : ~at;
      if (isInvalid(at)) return at;
    }
    return ~end;
  }

  /** Index of the first byte from `at` on that does not stand for itself. */
  #plain(bytes: Uint8Array, at: number, end: number): number {
    const offset = bytes.byteOffset;
    // One by one up to where four bytes are aligned in memory.
    const near = Math.min(end, ((offset + at + SHORT + 3) & ~3) - offset);
    while (at < near && STANDS_FOR_ITSELF[bytes[at]!] === 1) at++;
    if (at < near || at === end) return at;
    if (this.#words.buffer !== bytes.buffer) {
      this.#words = new Int32Array(bytes.buffer as ArrayBuffer, 0, bytes.buffer.byteLength >>> 2);
    }
    const words = this.#words;
    const last = (offset + end) >>> 2;
    let word = (offset + at) >>> 2;
    for (; word < last; word++) {
      // A byte's highest bit is set in one of these where it is not ASCII, below a space, a quote, a backslash; and in none otherwise,
      // but for bytes above one of those.
      const four = words[word]!;
      const quote = (four ^ 0x22222222) - 0x01010101, backslash = (four ^ 0x5c5c5c5c) - 0x01010101;
      if (((four | (four - 0x20202020) | quote | backslash) & 0x80808080) !== 0) break;
    }
    at = (word << 2) - offset;
    while (at < end && STANDS_FOR_ITSELF[bytes[at]!] === 1) at++;
    return at;
  }

  #elements(bytes: Uint8Array, at: number, end: number, levels: number): number {
    at = skipSpace(bytes, at, end);
    if (at < end && bytes[at] === CLOSE_ARRAY) return at + 1;
    while (at < end) {
      at = this.value(bytes, at, end, levels);
      if (isInvalid(at)) return at;
      at = skipSpace(bytes, at, end);
      if (at >= end) break;
      if (bytes[at] === CLOSE_ARRAY) return at + 1;
      if (bytes[at] !== COMMA) return ~at;
      at = skipSpace(bytes, at + 1, end);
    }
    return ~end;
  }

  #members(bytes: Uint8Array, at: number, end: number, levels: number): number {
    at = skipSpace(bytes, at, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) return at + 1;
    while (at < end) {
      if (bytes[at] !== QUOTE) return ~at;
      at = this.string(bytes, at, end);
      if (isInvalid(at)) return at;
      at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at] !== COLON) return ~at;
      at = this.value(bytes, skipSpace(bytes, at + 1, end), end, levels);
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
