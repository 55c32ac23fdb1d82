/**
 * The way for all records but ours: members in any order, white space, fields that are no part of the stream, and what is malformed.
 * One pass over the bytes reads the numbers of a valid record, and tells what is wrong with another.
 *
 * @module
 */
import type { Field, Stream } from "../stream.ts";
import {
  ABSENT,
  ARRAY,
  kindOfNonNumber,
  kindOfNumber,
  memberFactors,
  shapeCodeOfNonObject,
  validKinds,
  withElement,
  WITHIN,
} from "./shape_code.ts";
import { MAX_DEPTH } from "./invalid_json.ts";
import { NumberScanner } from "./number_scanner.ts";
import { isNameAt, type Member, recordMembers } from "./record_members.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./json_skipper.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** Most names of other fields in a record; each is held against all others. */
const MAX_OTHER_NAMES = 64;

/** A valid record: its numbers are in the row. */
export const VALID = 0;
/** The schema refuses it, for what {@link GeneralReader.sign} stands for. */
export const INVALID_RECORD = 1;
/** It would be valid, but the member whose name is {@link GeneralReader.twice} stands twice in it. */
export const DUPLICATE_NAME = 2;
/** It is no JSON text, or one that is nested too deep; {@link GeneralReader.end} is the first byte that can't be part of one. */
export const INVALID_JSON = 3;
/** It has something that is rare, such as an escape in a name: JSON.parse and the schema decide. */
export const NEEDS_FULL_PARSE = 4;

/**
 * Reads values of a stream. It takes one only if the schema would, with the same numbers, and finds one to be no JSON only if
 * JSON.parse would; property tests hold them together. One is enough for a consumer: it keeps what it found last.
 */
export class GeneralReader {
  /** Of a value that is refused: the same number for all with the same wrong in the same members. */
  sign = -1;
  /** The name of the member that stands twice; empty where it is another field's. */
  twice = "";
  /** Index behind the value that was looked at last; of what is no JSON the index of the byte that is wrong. */
  end = 0;

  readonly #fields: readonly Field[];
  readonly #members: readonly Member[];
  readonly #names: readonly string[];
  readonly #factors: readonly number[] | undefined;
  readonly #rightSign: number;
  readonly #scanner = new NumberScanner();
  readonly #skipper = new JsonSkipper();
  /** For each member the kinds of its value and its elements; and the same of its alias, with its number. */
  readonly #kinds: Float64Array;
  readonly #aliasKinds: Float64Array;
  readonly #aliasRow: Float64Array;
  /** Where the names of other fields begin and end, two numbers each, and how many there are. */
  readonly #others = new Int32Array(2 * MAX_OTHER_NAMES);
  #otherCount = 0;
  #isTwice = false;

  constructor(stream: Stream) {
    const members = recordMembers(stream);
    this.#fields = stream.fields;
    this.#members = members ?? [];
    this.#names = this.#members.map(({ name }) => new TextDecoder().decode(name));
    this.#factors = members && memberFactors(members);
    this.#kinds = new Float64Array(this.#members.length);
    this.#aliasKinds = new Float64Array(this.#members.length);
    this.#aliasRow = new Float64Array(stream.fields.length);
    this.#members.forEach((member, m) => this.#kinds[m] = validKinds(member));
    this.#rightSign = this.#signOfMembers();
  }

  /** Reads the value that lies in `bytes` from `start` to `end` (exclusive); gives {@link VALID} or what it is else. */
  read(bytes: Uint8Array, start: number, end: number, row: Float64Array): number {
    if (this.#factors === undefined) return NEEDS_FULL_PARSE;
    const at = skipSpace(bytes, start, end);
    if (at < end && bytes[at] === OPEN_OBJECT) return this.#object(bytes, at, end, row);
    const kind = this.#value(bytes, at, end, MAX_DEPTH, NO_FIELD, row);
    if (!this.#isWhole(bytes, end)) return INVALID_JSON;
    this.sign = shapeCodeOfNonObject(kind);
    return INVALID_RECORD;
  }

  /** Whether what was looked at last is a value and only white space is behind it. */
  #isWhole(bytes: Uint8Array, end: number): boolean {
    if (isInvalid(this.end)) this.end = ~this.end;
    else {
      this.end = skipSpace(bytes, this.end, end);
      if (this.end === end) return true;
    }
    return false;
  }

  #object(bytes: Uint8Array, start: number, end: number, row: Float64Array): number {
    this.#kinds.fill(ABSENT);
    this.#aliasKinds.fill(ABSENT);
    this.#otherCount = 0;
    this.#isTwice = false;
    const found = this.#membersOf(bytes, start + 1, end, row);
    if (found !== VALID) return found;
    if (!this.#isWhole(bytes, end)) return INVALID_JSON;
    this.#takeAliases(row);
    this.sign = this.#signOfMembers();
    if (this.sign !== this.#rightSign) return INVALID_RECORD;
    if (!this.#isTwice) return VALID;
    return this.twice === "" ? NEEDS_FULL_PARSE : DUPLICATE_NAME;
  }

  /** Reads the members of an object from behind its bracket on. */
  #membersOf(bytes: Uint8Array, start: number, end: number, row: Float64Array): number {
    let at = skipSpace(bytes, start, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) {
      this.end = at + 1;
      return VALID;
    }
    for (;; at = skipSpace(bytes, at + 1, end)) {
      if (at >= end || bytes[at] !== QUOTE) return this.#wrong(at, end);
      const name = at + 1;
      at = this.#skipper.string(bytes, at, end);
      if (isInvalid(at)) return this.#wrong(~at, end);
      const length = at - 1 - name;
      // With an escape it may be any name.
      for (let i = name; i < name + length; i++) if (bytes[i] === BACKSLASH) return NEEDS_FULL_PARSE;
      at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at] !== COLON) return this.#wrong(at, end);
      if (!this.#member(bytes, name, length, skipSpace(bytes, at + 1, end), end, row)) {
        return NEEDS_FULL_PARSE;
      }
      if (isInvalid(this.end)) return this.#wrong(~this.end, end);
      at = skipSpace(bytes, this.end, end);
      if (at < end && bytes[at] === CLOSE_OBJECT) break;
      if (at >= end || bytes[at] !== COMMA) return this.#wrong(at, end);
    }
    this.end = at + 1;
    return VALID;
  }

  #wrong(at: number, end: number): number {
    this.end = Math.min(at, end);
    return INVALID_JSON;
  }

  /** Reads the value of the member of that name, which begins at `at`; false: it is rare. Of several of a name the last counts. */
  #member(
    bytes: Uint8Array,
    name: number,
    length: number,
    at: number,
    end: number,
    row: Float64Array,
  ): boolean {
    for (let m = 0; m < this.#members.length; m++) {
      const member = this.#members[m]!;
      if (isNameAt(bytes, name, length, member.name)) {
        if (this.#kinds[m]! !== ABSENT) this.#noteTwice(this.#names[m]!);
        this.#kinds[m] = this.#kindsOf(bytes, at, end, member, row);
        return this.#kinds[m] !== MANY;
      }
      if (member.alias !== undefined && isNameAt(bytes, name, length, member.alias)) {
        if (this.#aliasKinds[m]! !== ABSENT) this.#noteTwice("");
        this.#aliasKinds[m] = this.#kindsOf(bytes, at, end, member, this.#aliasRow);
        return this.#aliasKinds[m] !== MANY;
      }
    }
    if (this.#otherCount === MAX_OTHER_NAMES) return false;
    this.#noteOther(bytes, name, length);
    this.end = this.#skipper.value(bytes, at, end, MAX_DEPTH - 1);
    return true;
  }

  /** Only of the first name that stands twice it is told. */
  #noteTwice(name: string): void {
    if (!this.#isTwice) this.twice = name;
    this.#isTwice = true;
  }

  /** Notes the name of another field. */
  #noteOther(bytes: Uint8Array, start: number, length: number): void {
    const names = this.#others, count = this.#otherCount;
    for (let n = 0; n < count; n++) {
      if (names[2 * n + 1] !== length) continue;
      const known = names[2 * n]!;
      let i = 0;
      while (i < length && bytes[known + i] === bytes[start + i]) i++;
      if (i === length) return this.#noteTwice("");
    }
    names[2 * count] = start;
    names[2 * count + 1] = length;
    this.#otherCount++;
  }

  /** Where a member is not there, its alias counts. */
  #takeAliases(row: Float64Array): void {
    for (let m = 0; m < this.#members.length; m++) {
      if (this.#kinds[m]! !== ABSENT || this.#aliasKinds[m]! === ABSENT) continue;
      this.#kinds[m] = this.#aliasKinds[m]!;
      for (const field of this.#members[m]!.fields) row[field] = this.#aliasRow[field]!;
    }
  }

  #signOfMembers(): number {
    let sign = 0;
    for (let m = 0; m < this.#members.length; m++) sign += this.#kinds[m]! * this.#factors![m]!;
    return sign;
  }

  /** Kind of a member's value, and those of its elements where it has as many as fields, or fewer; else {@link MANY}. */
  #kindsOf(
    bytes: Uint8Array,
    at: number,
    end: number,
    { isArray, fields }: Member,
    row: Float64Array,
  ): number {
    if (!isArray) return this.#value(bytes, at, end, MAX_DEPTH - 1, fields[0]!, row);
    if (at >= end || bytes[at] !== OPEN_ARRAY) {
      return this.#value(bytes, at, end, MAX_DEPTH - 1, NO_FIELD, row);
    }
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_ARRAY) {
      this.end = at + 1;
      return ARRAY;
    }
    for (let kinds = ARRAY, n = 0; n < fields.length; n++) {
      kinds = withElement(kinds, n, this.#value(bytes, at, end, MAX_DEPTH - 2, fields[n]!, row));
      if (isInvalid(this.end)) return kinds;
      at = skipSpace(bytes, this.end, end);
      if (at < end && bytes[at] === CLOSE_ARRAY) {
        this.end = at + 1;
        return kinds;
      }
      if (at >= end || bytes[at] !== COMMA) {
        this.end = ~at;
        return kinds;
      }
      at = skipSpace(bytes, at + 1, end);
    }
    return MANY;
  }

  /** Kind of the value that begins at `at`. What a number of a field is goes into the row. */
  #value(
    bytes: Uint8Array,
    at: number,
    end: number,
    levels: number,
    field: number,
    row: Float64Array,
  ): number {
    const first = at < end ? bytes[at]! : 0;
    if (first !== MINUS && !(first >= 0x30 && first <= 0x39)) {
      this.end = this.#skipper.value(bytes, at, end, levels);
      return isInvalid(this.end) ? ABSENT : kindOfNonNumber(first);
    }
    let number = this.#scanner.scan(bytes, at, end);
    this.end = this.#scanner.end;
    if (Number.isNaN(number)) {
      this.end = this.#skipper.value(bytes, at, end, levels);
      if (isInvalid(this.end)) return ABSENT;
      number = Number(ascii.decode(bytes.subarray(at, this.end)));
    }
    if (field === NO_FIELD) return WITHIN;
    row[field] = number;
    return kindOfNumber(number, this.#fields[field]!);
  }
}

/** In place of a field's index: the value is none. */
const NO_FIELD = -1;
/** In place of an array's kinds: it has more elements than it should. */
const MANY = -1;

const ascii = new TextDecoder();
