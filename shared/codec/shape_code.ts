/**
 * Kinds of JSON values, as far as they make a difference to a schema, and the sign that a record's kinds make together.
 *
 * @module
 */
import type { Field } from "../stream.ts";
import type { Member } from "./record_members.ts";

/** There is no such member; what its value is. */
export const ABSENT = 0, STRING = 1, BOOLEAN = 2, NULL = 3, OBJECT = 4, ARRAY = 5;
/** What a number is: between the field's limits; above them; so far above that whole numbers are not exact; infinite. */
export const WITHIN = 6, ABOVE = 7, FAR_ABOVE = 8, INFINITE = 9;
/** Added: it is as far below them. */
const BELOW = 3;
/** Added: it has a fraction and is to have none. */
const FRACTION = 7;
/** How many there are. */
const KINDS = 20;
/** Most kinds that a sign is made of, so that it is an exact number. */
const MOST_KINDS = 12;

/** The kind of a value that is no number, by the byte that it begins with. */
export function kindOfNonNumber(first: number): number {
  switch (first) {
    case 0x22:
      return STRING;
    case 0x7b:
      return OBJECT;
    case 0x5b:
      return ARRAY;
    case 0x6e:
      return NULL;
    default:
      return BOOLEAN;
  }
}

/** The kind of a number. */
export function kindOfNumber(number: number, { min, max, type }: Field): number {
  if (number >= min && number <= max) {
    return type === "INT" && !Number.isInteger(number) ? WITHIN + FRACTION : WITHIN;
  }
  const size = Math.abs(number);
  let kind = size === Infinity ? INFINITE : size > Number.MAX_SAFE_INTEGER ? FAR_ABOVE : ABOVE;
  if (number < min) kind += BELOW;
  return type === "INT" && size < Infinity && !Number.isInteger(number) ? kind + FRACTION : kind;
}

/** The kinds of an array, its own and that of one more element, the `n`th. */
export const withElement = (kinds: number, n: number, kind: number): number =>
  kinds + kind * KINDS ** (n + 1);

/** The kinds of a member as it should be. */
export const validKinds = ({ isArray, fields }: Member): number =>
  isArray ? fields.reduce((kinds, _, n) => withElement(kinds, n, WITHIN), ARRAY) : WITHIN;

/** How many kinds a member adds to a sign. */
const slots = ({ isArray, fields }: Member) => isArray ? 1 + fields.length : 1;

/** What a member's kinds are multiplied by in a record's sign; `undefined` where the sign would be no exact number. */
export function memberFactors(members: readonly Member[]): number[] | undefined {
  let all = 0;
  const factors = members.map((member) => {
    const factor = KINDS ** all;
    all += slots(member);
    return factor;
  });
  return all <= MOST_KINDS ? factors : undefined;
}

/** The sign of a value that is no object. */
export const shapeCodeOfNonObject = (kind: number): number => KINDS ** MOST_KINDS + kind;
