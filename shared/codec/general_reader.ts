/**
 * Decodes records that our producer did not write: members in any order, white space, unknown fields, invalid records. One pass over the
 * bytes reads the numbers of a valid record, or classifies the violations of an invalid one.
 *
 * @module
 */
import type { Field, Stream } from "../stream.ts";
import {
  ABSENT,
  addElementKind,
  ARRAY,
  kindOfNonNumber,
  kindOfNumber,
  memberFactors,
  shapeCodeOfNonObject,
  validKinds,
  WITHIN,
} from "./shape_code.ts";
import { MAX_DEPTH } from "./invalid_json.ts";
import { NumberScanner } from "./number_scanner.ts";
import { isNameAt, type Member, recordMembers } from "./record_members.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./json_skipper.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a, MINUS = 0x2d;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** Maximum number of unknown fields in a record, since each name is compared with all others. */
const MAX_OTHER_NAMES = 64;

/** The record is valid; its numbers are in the row. */
export const VALID = 0;
/** The schema rejects the record; {@link GeneralReader.shapeCode} identifies the violations. */
export const INVALID_RECORD = 1;
/** The record would be valid without the duplicate of the member {@link GeneralReader.duplicateName}. */
export const DUPLICATE_NAME = 2;
/** The value is not JSON, or nested too deep; {@link GeneralReader.end} is the first offending byte. */
export const INVALID_JSON = 3;
/** The value has a rare feature, such as an escape in a name: JSON.parse and the schema decide. */
export const NEEDS_FULL_PARSE = 4;

/**
 * Reads values of a stream. Accepts a value only if the schema does, with the same numbers, and finds it to be invalid JSON only if
 * JSON.parse does; property tests compare them. Not reentrant: the result of the last read is kept in the properties.
 */
export class GeneralReader {
  /** Code of the combination of violations: equal codes mean the same violations in the same members. */
  shapeCode = -1;
  /** The member whose name occurs twice; empty: an unknown field. */
  duplicateName = "";
  /** Index after the last value; if it is not JSON, index of the offending byte. */
  end = 0;

  readonly #fields: readonly Field[];
  readonly #members: readonly Member[];
  readonly #names: readonly string[];
  readonly #factors: readonly number[] | undefined;
  readonly #validShapeCode: number;
  readonly #scanner = new NumberScanner();
  readonly #skipper = new JsonSkipper();
  /** Kinds of each member's value and elements; the same for values under the members' aliases, with their numbers. */
  readonly #kinds: Float64Array;
  readonly #aliasKinds: Float64Array;
  readonly #aliasRow: Float64Array;
  /** Start and length of the names of unknown fields, two numbers each. */
  readonly #otherNames = new Int32Array(2 * MAX_OTHER_NAMES);
  #otherNameCount = 0;
  #hasDuplicate = false;

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
    this.#validShapeCode = this.#computeShapeCode();
  }

  /** Reads the value in `bytes` from `start` to `end` (exclusive). Returns {@link VALID} or one of the constants after it. */
  read(bytes: Uint8Array, start: number, end: number, row: Float64Array): number {
    if (this.#factors === undefined) return NEEDS_FULL_PARSE;
    const at = skipSpace(bytes, start, end);
    if (at < end && bytes[at] === OPEN_OBJECT) return this.#readObject(bytes, at, end, row);
    const kind = this.#readValue(bytes, at, end, MAX_DEPTH, NO_FIELD, row);
    if (!this.#isComplete(bytes, end)) return INVALID_JSON;
    this.shapeCode = shapeCodeOfNonObject(kind);
    return INVALID_RECORD;
  }

  /** Whether the last value is valid JSON and only white space follows it. */
  #isComplete(bytes: Uint8Array, end: number): boolean {
    if (isInvalid(this.end)) this.end = ~this.end;
    else {
      this.end = skipSpace(bytes, this.end, end);
      if (this.end === end) return true;
    }
    return false;
  }

  #readObject(bytes: Uint8Array, start: number, end: number, row: Float64Array): number {
    this.#kinds.fill(ABSENT);
    this.#aliasKinds.fill(ABSENT);
    this.#otherNameCount = 0;
    this.#hasDuplicate = false;
    const found = this.#readMembers(bytes, start + 1, end, row);
    if (found !== VALID) return found;
    if (!this.#isComplete(bytes, end)) return INVALID_JSON;
    this.#applyAliases(row);
    this.shapeCode = this.#computeShapeCode();
    if (this.shapeCode !== this.#validShapeCode) return INVALID_RECORD;
    if (!this.#hasDuplicate) return VALID;
    return this.duplicateName === "" ? NEEDS_FULL_PARSE : DUPLICATE_NAME;
  }

  /** Reads the members of an object; `start` is after its opening brace. */
  #readMembers(bytes: Uint8Array, start: number, end: number, row: Float64Array): number {
    let at = skipSpace(bytes, start, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) {
      this.end = at + 1;
      return VALID;
    }
    for (;; at = skipSpace(bytes, at + 1, end)) {
      if (at >= end || bytes[at] !== QUOTE) return this.#invalidAt(at, end);
      const name = at + 1;
      at = this.#skipper.skipString(bytes, at, end);
      if (isInvalid(at)) return this.#invalidAt(~at, end);
      const length = at - 1 - name;
      // The escape may spell any name.
      for (let i = name; i < name + length; i++) if (bytes[i] === BACKSLASH) return NEEDS_FULL_PARSE;
      at = skipSpace(bytes, at, end);
      if (at >= end || bytes[at] !== COLON) return this.#invalidAt(at, end);
      if (!this.#readMember(bytes, name, length, skipSpace(bytes, at + 1, end), end, row)) {
        return NEEDS_FULL_PARSE;
      }
      if (isInvalid(this.end)) return this.#invalidAt(~this.end, end);
      at = skipSpace(bytes, this.end, end);
      if (at < end && bytes[at] === CLOSE_OBJECT) break;
      if (at >= end || bytes[at] !== COMMA) return this.#invalidAt(at, end);
    }
    this.end = at + 1;
    return VALID;
  }

  #invalidAt(at: number, end: number): number {
    this.end = Math.min(at, end);
    return INVALID_JSON;
  }

  /** Reads the member's value, which begins at `at`. Returns false if it needs a full parse. The last of several duplicates counts. */
  #readMember(
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
        if (this.#kinds[m]! !== ABSENT) this.#noteDuplicate(this.#names[m]!);
        this.#kinds[m] = this.#readMemberValue(bytes, at, end, member, row);
        return this.#kinds[m] !== TOO_MANY_ELEMENTS;
      }
      if (member.alias !== undefined && isNameAt(bytes, name, length, member.alias)) {
        if (this.#aliasKinds[m]! !== ABSENT) this.#noteDuplicate("");
        this.#aliasKinds[m] = this.#readMemberValue(bytes, at, end, member, this.#aliasRow);
        return this.#aliasKinds[m] !== TOO_MANY_ELEMENTS;
      }
    }
    if (this.#otherNameCount === MAX_OTHER_NAMES) return false;
    this.#noteOtherName(bytes, name, length);
    this.end = this.#skipper.skipValue(bytes, at, end, MAX_DEPTH - 1);
    return true;
  }

  /** Only the first duplicate is reported. */
  #noteDuplicate(name: string): void {
    if (!this.#hasDuplicate) this.duplicateName = name;
    this.#hasDuplicate = true;
  }

  /** Notes the name of an unknown field. */
  #noteOtherName(bytes: Uint8Array, start: number, length: number): void {
    const names = this.#otherNames, count = this.#otherNameCount;
    for (let n = 0; n < count; n++) {
      if (names[2 * n + 1] !== length) continue;
      const known = names[2 * n]!;
      let i = 0;
      while (i < length && bytes[known + i] === bytes[start + i]) i++;
      if (i === length) return this.#noteDuplicate("");
    }
    names[2 * count] = start;
    names[2 * count + 1] = length;
    this.#otherNameCount++;
  }

  /** Uses the alias of a member that is absent. */
  #applyAliases(row: Float64Array): void {
    for (let m = 0; m < this.#members.length; m++) {
      if (this.#kinds[m]! !== ABSENT || this.#aliasKinds[m]! === ABSENT) continue;
      this.#kinds[m] = this.#aliasKinds[m]!;
      for (const field of this.#members[m]!.fields) row[field] = this.#aliasRow[field]!;
    }
  }

  #computeShapeCode(): number {
    let code = 0;
    for (let m = 0; m < this.#members.length; m++) code += this.#kinds[m]! * this.#factors![m]!;
    return code;
  }

  /** Returns the kinds of a member's value and elements, or {@link TOO_MANY_ELEMENTS} if it has more elements than fields. */
  #readMemberValue(
    bytes: Uint8Array,
    at: number,
    end: number,
    { isArray, fields }: Member,
    row: Float64Array,
  ): number {
    if (!isArray) return this.#readValue(bytes, at, end, MAX_DEPTH - 1, fields[0]!, row);
    if (at >= end || bytes[at] !== OPEN_ARRAY) {
      return this.#readValue(bytes, at, end, MAX_DEPTH - 1, NO_FIELD, row);
    }
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_ARRAY) {
      this.end = at + 1;
      return ARRAY;
    }
    for (let kinds = ARRAY, n = 0; n < fields.length; n++) {
      kinds = addElementKind(kinds, n, this.#readValue(bytes, at, end, MAX_DEPTH - 2, fields[n]!, row));
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
    return TOO_MANY_ELEMENTS;
  }

  /** Returns the kind of the value that begins at `at`. Numbers of a field are written to the row. */
  #readValue(
    bytes: Uint8Array,
    at: number,
    end: number,
    maxDepth: number,
    field: number,
    row: Float64Array,
  ): number {
    const first = at < end ? bytes[at]! : 0;
    if (first !== MINUS && !(first >= 0x30 && first <= 0x39)) {
      this.end = this.#skipper.skipValue(bytes, at, end, maxDepth);
      return isInvalid(this.end) ? ABSENT : kindOfNonNumber(first);
    }
    let number = this.#scanner.scan(bytes, at, end);
    this.end = this.#scanner.end;
    if (Number.isNaN(number)) {
      this.end = this.#skipper.skipValue(bytes, at, end, maxDepth);
      if (isInvalid(this.end)) return ABSENT;
      number = Number(ascii.decode(bytes.subarray(at, this.end)));
    }
    if (field === NO_FIELD) return WITHIN;
    row[field] = number;
    return kindOfNumber(number, this.#fields[field]!);
  }
}

/** Instead of a field's index: the value is not part of a field. */
const NO_FIELD = -1;
/** Instead of an array's kinds: it has more elements than the stream has fields. */
const TOO_MANY_ELEMENTS = -1;

const ascii = new TextDecoder();
