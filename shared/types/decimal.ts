/**
 * Decimal numbers as the source text has them, and their schema. A double cannot represent most of them exactly.
 *
 * @module
 */
import { z } from "zod";

/** A number in JSON's grammar, such as `-12.50` or `1e3`, with any number of digits. */
export class Decimal {
  /** @param text must be in JSON's grammar of numbers; not checked */
  constructor(readonly text: string) {}

  toString(): string {
    return this.text;
  }

  /** The number with all its digits, for `JSON.stringify()`. */
  toJSON(): unknown {
    return rawJSON(this.text);
  }
}

/** `JSON.rawJSON()`, which TypeScript's library does not declare. */
export const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };

/** Limits of a decimal number, each as a decimal text. */
export interface DecimalLimits {
  readonly min?: string;
  readonly max?: string;
  readonly exclusiveMin?: string;
  readonly exclusiveMax?: string;
  /** Positive. */
  readonly multipleOf?: string;
}

/** Longest text without an exponent whose comparison as a double is exact: 15 significant digits are distinct as doubles. */
const EXACT_TEXT_LENGTH_MAX = 15;

/** A number as ±0.digits × 10^magnitude, without leading and trailing zeros in the digits. Zero has no digits. */
export interface Parts {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly magnitude: bigint;
}

const NUMBER = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/;

/** The text of a number: of a {@link Decimal}, `bigint` or finite number, or a decimal text; `undefined` for other values. */
export function decimalText(value: unknown): string | undefined {
  if (value instanceof Decimal) return value.text;
  if (typeof value === "string") return NUMBER.test(value) ? value : undefined;
  return typeof value === "bigint" || typeof value === "number" && Number.isFinite(value)
    ? String(value)
    : undefined;
}

/** Exponents with more digits are taken as 1 with as many zeros, so that their arithmetic is cheap. */
const EXPONENT_DIGITS_MAX = 20;

function parseExponent(text: string): bigint {
  const [, sign, digits] = /^([+-]?)0*(\d*)$/.exec(text)!;
  const value = BigInt(
    digits!.length > EXPONENT_DIGITS_MAX ? `1${"0".repeat(EXPONENT_DIGITS_MAX)}` : digits!,
  );
  return sign === "-" ? -value : value;
}

/** @throws {RangeError} if the text is not a number */
export function parseDecimal(text: string): Parts {
  const match = NUMBER.exec(text);
  if (!match) throw new RangeError(`"${text.slice(0, 50)}" is not a decimal number.`);
  const [, sign, whole, fraction = "", exponent = "0"] = match;
  const all = whole! + fraction;
  let start = 0;
  while (start < all.length && all[start] === "0") start++;
  let end = all.length;
  while (end > start && all[end - 1] === "0") end--;
  const digits = all.slice(start, end);
  if (digits === "") return { isNegative: false, digits, magnitude: 0n };
  return {
    isNegative: sign === "-",
    digits,
    magnitude: parseExponent(exponent) + BigInt(whole!.length - start),
  };
}

const isShort = (text: string) => text.length <= EXACT_TEXT_LENGTH_MAX && !/[eE]/.test(text);

/**
 * Compares two decimal texts exactly.
 *
 * @returns a negative number if `a` is less than `b`, 0 if they are equal, a positive number otherwise
 */
export function compareDecimals(a: string, b: string): number {
  if (isShort(a) && isShort(b)) return Number(a) - Number(b);
  const [x, y] = [parseDecimal(a), parseDecimal(b)];
  const [signX, signY] = [x, y].map(({ digits, isNegative }) => digits === "" ? 0 : isNegative ? -1 : 1) as [
    number,
    number,
  ];
  if (signX !== signY || signX === 0) return signX - signY;
  if (x.magnitude !== y.magnitude) return x.magnitude < y.magnitude ? -signX : signX;
  return x.digits === y.digits ? 0 : x.digits < y.digits ? -signX : signX;
}

/** Whole numbers with more digits are out of the range of every integer type. */
const WHOLE_DIGITS_MAX = 19;

/** The whole number that a decimal text is, such as `1e3` or `1.0`; `huge`: it has more than `digitsMax` digits. */
export function wholeNumber(text: string, digitsMax = WHOLE_DIGITS_MAX): bigint | "fraction" | "huge" {
  const { isNegative, digits, magnitude } = parseDecimal(text);
  if (magnitude < BigInt(digits.length)) return digits === "" ? 0n : "fraction";
  if (magnitude > digitsMax) return digits === "" ? 0n : "huge";
  const value = BigInt(digits.padEnd(Number(magnitude), "0"));
  return isNegative ? -value : value;
}

/** 10^exponent modulo `modulus`, by repeated squaring. */
function powerOfTen(exponent: bigint, modulus: bigint): bigint {
  let result = 1n % modulus;
  let base = 10n % modulus;
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = result * base % modulus;
    base = base * base % modulus;
  }
  return result;
}

/** Whether the number is a multiple of the divisor, exactly. */
export function isMultipleOf(text: string, divisor: string): boolean {
  const [value, unit] = [parseDecimal(text), parseDecimal(divisor)];
  if (value.digits === "") return true;
  const exponent = (value.magnitude - BigInt(value.digits.length)) -
    (unit.magnitude - BigInt(unit.digits.length));
  // The digits do not end with 0, so they are no multiple of a power of ten.
  if (exponent < 0n) return false;
  const modulus = BigInt(unit.digits);
  return BigInt(value.digits) * powerOfTen(exponent, modulus) % modulus === 0n;
}

/** Why a value violates the limits, in the words of zod; `undefined` if it does not. */
export function decimalProblem(text: string, limits: DecimalLimits): string | undefined {
  const { min, max, exclusiveMin, exclusiveMax, multipleOf } = limits;
  if (min !== undefined && compareDecimals(text, min) < 0) return `Too small: expected number to be >=${min}`;
  if (exclusiveMin !== undefined && compareDecimals(text, exclusiveMin) <= 0) {
    return `Too small: expected number to be >${exclusiveMin}`;
  }
  if (max !== undefined && compareDecimals(text, max) > 0) return `Too big: expected number to be <=${max}`;
  if (exclusiveMax !== undefined && compareDecimals(text, exclusiveMax) >= 0) {
    return `Too big: expected number to be <${exclusiveMax}`;
  }
  if (multipleOf !== undefined && !isMultipleOf(text, multipleOf)) {
    return `Invalid number: must be a multiple of ${multipleOf}`;
  }
  return undefined;
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

/**
 * Schema of an exact decimal number. Numbers of JSON reach it as {@link Decimal}.
 *
 * @throws {RangeError} if a limit is not a decimal number, or `multipleOf` is not positive
 */
export function decimal(limits: DecimalLimits = {}): z.ZodType<Decimal> {
  for (const limit of Object.values(limits)) parseDecimal(limit);
  if (limits.multipleOf !== undefined && compareDecimals(limits.multipleOf, "0") <= 0) {
    throw new RangeError(`multipleOf is ${limits.multipleOf}; it must be above 0.`);
  }
  const problem = (value: unknown): string | undefined =>
    value instanceof Decimal
      ? decimalProblem(value.text, limits)
      : `Invalid input: expected number, received ${typeOf(value)}`;
  const schema = z.custom<Decimal>((value) => problem(value) === undefined, {
    error: ({ input }) => problem(input) ?? "Invalid input",
  });
  // In the definition, which copies of the schema (.refine(), .meta()) keep.
  Object.assign(schema._zod.def, { decimal: limits });
  return schema;
}

/** The limits of a schema that {@link decimal} created, or of a copy of one; `undefined` for other schemas. */
export const decimalLimits = (schema: z.core.$ZodType): DecimalLimits | undefined =>
  (schema._zod.def as { decimal?: DecimalLimits }).decimal;
