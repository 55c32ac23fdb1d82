/**
 * The way for records that a stream's schema refuses. What it says of one depends on what is wrong with it, and not on by how much:
 * once it has said the same of a few that are wrong in the same way, it is not asked again for the others.
 *
 * @module
 */
import type { Field, Stream } from "../stream.ts";
import { MAX_DEPTH } from "./json_text.ts";
import { NumberScanner } from "./number.ts";
import type { Rejection } from "./rejection.ts";
import { isNameAt, type Member, membersOf } from "./shape.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./skip.ts";

const QUOTE = 0x22, BACKSLASH = 0x5c, COMMA = 0x2c, COLON = 0x3a;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

/** What a value is, as far as it makes a difference to a schema. */
const ABSENT = 0, TEXT = 1, BOOLEAN = 2, NULL = 3, OBJECT = 4, ARRAY = 5;
/** What a number is: between the field's limits; above them; so far above that whole numbers are not exact; infinite. */
const WITHIN = 6, ABOVE = 7, FAR_ABOVE = 8, INFINITE = 9;
/** Added: it is as far below them. */
const BELOW = 3;
/** Added: it has a fraction and is to have none. */
const FRACTION = 7;
const KINDS = 20;
/** Most kinds that a sign is made of, so that it is an exact number. */
const MOST_KINDS = 12;
/** Signs from here on are those of values that are no object. */
const NO_OBJECT = KINDS ** MOST_KINDS;

/** How many records with the same sign the schema must have said the same of. */
const AGREEING = 3;
/** Most signs that are remembered. */
const MOST_SIGNS = 1_000;

/** What the schema has said of the records with a sign. */
interface Said {
  readonly rejection: Rejection;
  /** Of how many; −∞: not of all the same. */
  times: number;
}

/** How many kinds a member adds to a sign. */
const slots = ({ isArray, fields }: Member) => isArray ? 1 + fields.length : 1;

/** Remembers what a schema says. One is enough for a consumer. */
export class Faults {
  readonly #fields: readonly Field[];
  readonly #members: readonly Member[];
  /** For each member the kind of its value, with those of its elements where it is to have some; and the same of its alias. */
  readonly #kinds: Float64Array;
  readonly #aliases: Float64Array;
  readonly #scanner = new NumberScanner();
  readonly #skipper = new JsonSkipper();
  readonly #said = new Map<number, Said>();
  /** Sign of the record that was looked at last; −1 where it has none. */
  #sign = -1;
  /** Index behind the value that was looked at last, or what {@link isInvalid} takes. */
  #end = 0;

  constructor(stream: Stream) {
    const members = membersOf(stream) ?? [];
    this.#fields = stream.fields;
    this.#members = members.reduce((sum, member) => sum + slots(member), 0) <= MOST_KINDS ? members : [];
    this.#kinds = new Float64Array(this.#members.length);
    this.#aliases = new Float64Array(this.#members.length);
  }

  /** What the schema says of the value that lies in `bytes` from `start` to `end`; `undefined`: it has to be asked. */
  find(bytes: Uint8Array, start: number, end: number): Rejection | undefined {
    this.#sign = this.#members.length === 0 ? -1 : this.#signOf(bytes, start, end);
    const said = this.#said.get(this.#sign);
    return said !== undefined && said.times >= AGREEING ? said.rejection : undefined;
  }

  /** Tells what the schema says of the value that {@link find} was asked for last. */
  learn(rejection: Rejection): void {
    const said = this.#said.get(this.#sign);
    if (said !== undefined) {
      if (said.rejection.detail === rejection.detail) said.times++;
      else said.times = -Infinity;
    } else if (this.#sign >= 0 && this.#said.size < MOST_SIGNS) {
      this.#said.set(this.#sign, { rejection, times: 1 });
    }
  }

  /** The sign of what is wrong with a JSON text; −1 where nothing is that fields tell, and for what is rare. */
  #signOf(bytes: Uint8Array, start: number, end: number): number {
    const at = skipSpace(bytes, start, end);
    if (at < end && bytes[at] === OPEN_OBJECT) {
      const behind = this.#object(bytes, at, end);
      return isInvalid(behind) || skipSpace(bytes, behind, end) !== end ? -1 : this.#signOfMembers();
    }
    const kind = this.#value(bytes, at, end, MAX_DEPTH, undefined);
    return isInvalid(this.#end) || skipSpace(bytes, this.#end, end) !== end ? -1 : NO_OBJECT + kind;
  }

  #signOfMembers(): number {
    let sign = 0, right = true;
    for (let m = 0; m < this.#members.length; m++) {
      const member = this.#members[m]!;
      const kinds = this.#kinds[m]! === ABSENT ? this.#aliases[m]! : this.#kinds[m]!;
      sign = sign * KINDS ** slots(member) + kinds;
      right &&= kinds === rightKinds(member);
    }
    return right ? -1 : sign;
  }

  /** Notes the kinds of an object's members; gives the index behind it. What is rare is taken for invalid. */
  #object(bytes: Uint8Array, start: number, end: number): number {
    this.#kinds.fill(ABSENT);
    this.#aliases.fill(ABSENT);
    let at = skipSpace(bytes, start + 1, end);
    if (at < end && bytes[at] === CLOSE_OBJECT) return at + 1;
    for (;; at = skipSpace(bytes, at + 1, end)) {
      if (at >= end || bytes[at] !== QUOTE) return ~at;
      const name = at + 1;
      const behind = this.#skipper.string(bytes, at, end);
      if (isInvalid(behind)) return behind;
      // With an escape it may be any name.
      for (let i = name; i < behind; i++) if (bytes[i] === BACKSLASH) return ~i;
      at = skipSpace(bytes, behind, end);
      if (at >= end || bytes[at] !== COLON) return ~at;
      at = this.#member(bytes, name, behind - 1 - name, skipSpace(bytes, at + 1, end), end);
      if (isInvalid(at)) return at;
      at = skipSpace(bytes, at, end);
      if (at < end && bytes[at] === CLOSE_OBJECT) return at + 1;
      if (at >= end || bytes[at] !== COMMA) return ~at;
    }
  }

  /** Notes the kind of the member of that name; gives the index behind it. Of several of a name JSON.parse takes the last. */
  #member(bytes: Uint8Array, name: number, length: number, at: number, end: number): number {
    for (let m = 0; m < this.#members.length; m++) {
      const member = this.#members[m]!;
      if (isNameAt(bytes, name, length, member.name)) {
        this.#kinds[m] = this.#kindsOf(bytes, at, end, member);
        return this.#end;
      }
      if (member.alias !== undefined && isNameAt(bytes, name, length, member.alias)) {
        this.#aliases[m] = this.#kindsOf(bytes, at, end, member);
        return this.#end;
      }
    }
    return this.#skipper.value(bytes, at, end, MAX_DEPTH - 1);
  }

  /** Kind of a member's value, and those of its elements. */
  #kindsOf(bytes: Uint8Array, at: number, end: number, { isArray, fields }: Member): number {
    if (!isArray) return this.#value(bytes, at, end, MAX_DEPTH - 1, this.#fields[fields[0]!]!);
    if (at >= end || bytes[at] !== OPEN_ARRAY) return this.#value(bytes, at, end, MAX_DEPTH - 1, undefined);
    let kinds = ARRAY, n = 0;
    at = skipSpace(bytes, at + 1, end);
    if (at < end && bytes[at] === CLOSE_ARRAY) {
      this.#end = at + 1;
      return kinds;
    }
    for (let factor = KINDS; n < fields.length; n++, factor *= KINDS) {
      kinds += factor * this.#value(bytes, at, end, MAX_DEPTH - 2, this.#fields[fields[n]!]!);
      if (isInvalid(this.#end)) return kinds;
      at = skipSpace(bytes, this.#end, end);
      if (at < end && bytes[at] === CLOSE_ARRAY) {
        this.#end = at + 1;
        return kinds;
      }
      if (at >= end || bytes[at] !== COMMA) break;
      at = skipSpace(bytes, at + 1, end);
    }
    // More elements than there are fields, or no JSON.
    this.#end = ~at;
    return kinds;
  }

  /** Kind of the value that begins at `at`. */
  #value(bytes: Uint8Array, at: number, end: number, levels: number, field: Field | undefined): number {
    this.#end = this.#skipper.value(bytes, at, end, levels);
    if (isInvalid(this.#end)) return ABSENT;
    switch (bytes[at]) {
      case QUOTE:
        return TEXT;
      case OPEN_OBJECT:
        return OBJECT;
      case OPEN_ARRAY:
        return ARRAY;
      case 0x74:
      case 0x66:
        return BOOLEAN;
      case 0x6e:
        return NULL;
    }
    if (field === undefined) return WITHIN;
    const number = this.#scanner.scan(bytes, at, this.#end);
    return kindOf(Number.isNaN(number) ? Number(ascii.decode(bytes.subarray(at, this.#end))) : number, field);
  }
}

const ascii = new TextDecoder();

/** The kinds of a member as it should be. */
const rightKinds = ({ isArray, fields }: Member) =>
  isArray ? fields.reduce((kinds, _, n) => kinds + WITHIN * KINDS ** (n + 1), ARRAY) : WITHIN;

function kindOf(number: number, { min, max, type }: Field): number {
  const size = Math.abs(number);
  let kind = WITHIN;
  if (number < min || number > max) {
    kind = size === Infinity ? INFINITE : size > Number.MAX_SAFE_INTEGER ? FAR_ABOVE : ABOVE;
    if (number < min) kind += BELOW;
  }
  return type === "INT" && size < Infinity && !Number.isInteger(number) ? kind + FRACTION : kind;
}
