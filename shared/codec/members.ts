/**
 * The way for valid records that another program wrote: members in any order, white space, fields that are no part of the stream. The
 * numbers of a record are read straight from the bytes, and everything else is passed over. What is rare (an escape in a name, an
 * exponent in a number of the record) and all that is not valid take the long way, JSON.parse and the stream's schema.
 *
 * @module
 */
import type { Field, Stream } from "../stream.ts";
import { MAX_DEPTH } from "./json_text.ts";
import { NumberScanner } from "./number.ts";
import type { PlainReader } from "./plain.ts";
import { isNameAt, type Member, memberNamed, membersOf } from "./shape.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./skip.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** Most names of other fields in a record; each is held against all others. */
const MOST_NAMES = 64;

/** Reads the numbers of a value as {@link PlainReader} does: only where the schema takes it, and then the same ones. */
export function memberReader(stream: Stream): PlainReader {
  const members = membersOf(stream);
  return members ? new Reader(stream.fields, members).read : () => false;
}

class Reader {
  readonly #scanner = new NumberScanner();
  readonly #skipper = new JsonSkipper();
  /** Where the names of other fields begin and end, two numbers each. */
  readonly #names = new Int32Array(2 * MOST_NAMES);
  /** For each member where its value begins, and that of its alias; −1: there is none. */
  readonly #at: Int32Array;
  readonly #aliasAt: Int32Array;

  constructor(private readonly fields: readonly Field[], private readonly members: readonly Member[]) {
    this.#at = new Int32Array(members.length);
    this.#aliasAt = new Int32Array(members.length);
  }

  readonly read: PlainReader = (bytes, start, end, row) => {
    this.#at.fill(-1);
    this.#aliasAt.fill(-1);
    let at = skipSpace(bytes, start, end);
    if (at >= end || bytes[at] !== OPEN_OBJECT) return false;
    at = skipSpace(bytes, at + 1, end);
    for (let others = 0;; at = skipSpace(bytes, at + 1, end)) {
      if (at >= end || bytes[at] !== QUOTE) return false;
      const name = at + 1;
      const behind = this.#skipper.string(bytes, at, end);
      if (isInvalid(behind)) return false;
      const length = behind - 1 - name;
      at = skipSpace(bytes, behind, end);
      if (at >= end || bytes[at] !== COLON) return false;
      at = skipSpace(bytes, at + 1, end);
      const member = memberNamed(this.members, bytes, name, length);
      if (member >= 0) {
        if (this.#at[member]! >= 0) return false;
        this.#at[member] = at;
        at = this.#value(bytes, at, end, this.members[member]!, row);
      } else {
        if (others === MOST_NAMES || !this.#isNew(bytes, name, length, others)) return false;
        this.#names[2 * others] = name;
        this.#names[2 * others++ + 1] = length;
        this.#noteAlias(bytes, name, length, at);
        at = this.#skipper.value(bytes, at, end, MAX_DEPTH - 1);
      }
      if (isInvalid(at)) return false;
      at = skipSpace(bytes, at, end);
      if (at >= end) return false;
      if (bytes[at] === CLOSE_OBJECT) break;
      if (bytes[at] !== COMMA) return false;
    }
    if (skipSpace(bytes, at + 1, end) !== end) return false;
    return this.#isComplete(bytes, end, row);
  };

  #noteAlias(bytes: Uint8Array, start: number, length: number, value: number): void {
    for (let m = 0; m < this.members.length; m++) {
      const { alias } = this.members[m]!;
      if (alias !== undefined && isNameAt(bytes, start, length, alias)) this.#aliasAt[m] = value;
    }
  }

  /** Whether a name has no escape and is none of the `others` before it. */
  #isNew(bytes: Uint8Array, start: number, length: number, others: number): boolean {
    for (let i = start; i < start + length; i++) if (bytes[i] === BACKSLASH) return false;
    for (let n = 0; n < others; n++) {
      if (this.#names[2 * n + 1] !== length) continue;
      const known = this.#names[2 * n]!;
      let i = 0;
      while (i < length && bytes[known + i] === bytes[start + i]) i++;
      if (i === length) return false;
    }
    return true;
  }

  /** Whether all members are there; where one is not, its alias is read. */
  #isComplete(bytes: Uint8Array, end: number, row: Float64Array): boolean {
    for (let m = 0; m < this.members.length; m++) {
      if (this.#at[m]! >= 0) continue;
      const at = this.#aliasAt[m]!;
      if (at < 0 || isInvalid(this.#value(bytes, at, end, this.members[m]!, row))) return false;
    }
    return true;
  }

  /** Reads a member's value; gives the index behind it. */
  #value(
    bytes: Uint8Array,
    at: number,
    end: number,
    { isArray, fields }: Member,
    row: Float64Array,
  ): number {
    if (!isArray) return this.#number(bytes, at, end, fields[0]!, row);
    if (at >= end || bytes[at] !== OPEN_ARRAY) return ~at;
    for (let n = 0; n < fields.length; n++) {
      at = this.#number(bytes, skipSpace(bytes, at + 1, end), end, fields[n]!, row);
      if (isInvalid(at)) return at;
      at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at] !== (n === fields.length - 1 ? CLOSE_ARRAY : COMMA)) return ~at;
    }
    return at + 1;
  }

  #number(bytes: Uint8Array, at: number, end: number, field: number, row: Float64Array): number {
    const { min, max, type } = this.fields[field]!;
    const number = this.#scanner.scan(bytes, at, end);
    // NaN, too, is not within the limits.
    if (!(number >= min && number <= max) || (type === "INT" && this.#scanner.fraction)) return ~at;
    row[field] = number;
    return this.#scanner.end;
  }
}
