/**
 * The shape code of a record: its members' kinds of values, as far as a schema distinguishes them, combined into one number.
 *
 * @module
 */
import type { Field } from "../stream.ts";
import type { Member } from "./record_members.ts";

/** Kinds of values: the member is absent, or its value has this type. */
export const ABSENT = 0, STRING = 1, BOOLEAN = 2, NULL = 3, OBJECT = 4, ARRAY = 5;
/** Kinds of numbers: within the field's limits; above them; above Number.MAX_SAFE_INTEGER; infinite. */
export const WITHIN = 6, ABOVE = 7, FAR_ABOVE = 8, INFINITE = 9;
/** Offset added for values below the minimum. */
const BELOW_OFFSET = 3;
/** Offset added for non-integers in an INT field. */
const FRACTION_OFFSET = 7;
/** Number of kinds. */
const KIND_COUNT = 20;
/** Maximum number of kinds in a code, so that it is an exact integer. */
const MAX_KINDS = 12;

/** The kind of a value that is not a number, by its first byte. */
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
    return type === "INT" && !Number.isInteger(number) ? WITHIN + FRACTION_OFFSET : WITHIN;
  }
  const size = Math.abs(number);
  let kind = size === Infinity ? INFINITE : size > Number.MAX_SAFE_INTEGER ? FAR_ABOVE : ABOVE;
  if (number < min) kind += BELOW_OFFSET;
  return type === "INT" && size < Infinity && !Number.isInteger(number) ? kind + FRACTION_OFFSET : kind;
}

/** The kinds of an array with the kind of its element `n` added. */
export const addElementKind = (kinds: number, n: number, kind: number): number =>
  kinds + kind * KIND_COUNT ** (n + 1);

/** The kinds of a valid member. */
export const validKinds = ({ isArray, fields }: Member): number =>
  isArray ? fields.reduce((kinds, _, n) => addElementKind(kinds, n, WITHIN), ARRAY) : WITHIN;

/** Number of kinds that a member adds to a code. */
const slotCount = ({ isArray, fields }: Member) => isArray ? 1 + fields.length : 1;

/** The factor of each member's kinds in a code; `undefined`: the code would not be an exact integer. */
export function memberFactors(members: readonly Member[]): number[] | undefined {
  let all = 0;
  const factors = members.map((member) => {
    const factor = KIND_COUNT ** all;
    all += slotCount(member);
    return factor;
  });
  return all <= MAX_KINDS ? factors : undefined;
}

/** The code of a value that is not an object. */
export const shapeCodeOfNonObject = (kind: number): number => KIND_COUNT ** MAX_KINDS + kind;
