/**
 * Parses JSON bytes to values, with exact numbers.
 *
 * @module
 */
import { Decimal, wholeNumber } from "../types/decimal.ts";
import type { ExactNumbers } from "./exact_numbers.ts";
import { MAX_DEPTH } from "./invalid_json.ts";
import { JsonSkipper, skipSpace } from "./json_skipper.ts";

const QUOTE = 0x22,
  COMMA = 0x2c,
  MINUS = 0x2d,
  OPEN_OBJECT = 0x7b,
  OPEN_ARRAY = 0x5b,
  ZERO = 0x30,
  NINE = 0x39;

/** Part of a buffer, from `start` to `end` (exclusive). */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A member of an object. */
export interface Member {
  readonly name: string;
  readonly value: Span;
}

const skipper = new JsonSkipper();
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Parses valid JSON. */
const parseText = (bytes: Uint8Array, { start, end }: Span): unknown =>
  JSON.parse(utf8.decode(bytes.subarray(start, end)));

/** The span from `at` on without white space around it. */
const valueAt = (bytes: Uint8Array, at: number, end: number): Span => {
  const start = skipSpace(bytes, at, end);
  return { start, end: skipper.skipValue(bytes, start, end, MAX_DEPTH) };
};

/** Whether the value is an object. @param span valid JSON without white space before it */
export const isObject = (bytes: Uint8Array, { start }: Span): boolean => bytes[start] === OPEN_OBJECT;

/** The members of an object, duplicates included. @param span a valid JSON object */
export function readMembers(bytes: Uint8Array, { start, end }: Span): Member[] {
  const members: Member[] = [];
  let at = skipSpace(bytes, start + 1, end);
  while (bytes[at] === QUOTE) {
    const name = valueAt(bytes, at, end);
    // After the colon.
    const value = valueAt(bytes, skipSpace(bytes, name.end, end) + 1, end);
    members.push({ name: parseText(bytes, name) as string, value });
    at = skipSpace(bytes, value.end, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1, end);
  }
  return members;
}

/** The elements of an array. @param span a valid JSON array */
export function readElements(bytes: Uint8Array, { start, end }: Span): Span[] {
  const elements: Span[] = [];
  let at = skipSpace(bytes, start + 1, end);
  while (at < end - 1) {
    const element = valueAt(bytes, at, end);
    elements.push(element);
    at = skipSpace(bytes, element.end, end);
    if (bytes[at] === COMMA) at = skipSpace(bytes, at + 1, end);
  }
  return elements;
}

/** Builds an object as JSON.parse does: the last of several duplicates counts, and `__proto__` is a member like others. */
export function toObject(members: readonly { readonly name: string; readonly value: unknown }[]): object {
  const object: Record<string, unknown> = {};
  for (const { name, value } of members) {
    if (name !== "__proto__") object[name] = value;
    else {
      Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
    }
  }
  return object;
}

/**
 * Parses a value.
 *
 * @param span valid JSON without white space around it
 * @param exact which of its numbers arrive exactly
 */
export function parseValue(bytes: Uint8Array, span: Span, exact: ExactNumbers | undefined): unknown {
  if (exact === undefined) return parseText(bytes, span);
  const first = bytes[span.start]!;
  switch (first) {
    case OPEN_OBJECT:
      return toObject(
        readMembers(bytes, span).map(({ name, value }) => ({
          name,
          value: parseValue(bytes, value, exact.member(name)),
        })),
      );
    case OPEN_ARRAY:
      return readElements(bytes, span).map((element, index) =>
        parseValue(bytes, element, exact.element(index))
      );
    default:
      if (first === MINUS || (first >= ZERO && first <= NINE)) return parseNumber(bytes, span, exact);
      return parseText(bytes, span);
  }
}

/** Maximum number of digits of a `bigint`. More cannot be stored in any column, and parsing them takes quadratic time. */
const BIGINT_DIGITS_MAX = 1_000;

function parseNumber(
  bytes: Uint8Array,
  { start, end }: Span,
  { bigint, decimal }: ExactNumbers,
): bigint | Decimal | number {
  const text = utf8.decode(bytes.subarray(start, end));
  if (bigint) {
    const whole = wholeNumber(text, BIGINT_DIGITS_MAX);
    if (typeof whole === "bigint") return whole;
  }
  return decimal ? new Decimal(text) : Number(text);
}

/** Property names and array indexes. */
type Path = readonly (string | number)[];

/** The value at a path of the schema's output. */
export function outputAt(output: unknown, path: Path): unknown {
  let value = output;
  for (const step of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}

/** The bytes of the value at a path below a value; `undefined` if there is none. The last of several duplicates counts. */
export function spanAt(bytes: Uint8Array, from: Span, path: Path): Span | undefined {
  let span: Span | undefined = from;
  for (const step of path) {
    if (isObject(bytes, span)) {
      span = readMembers(bytes, span).findLast(({ name }) => name === String(step))?.value;
    } else span = bytes[span.start] === OPEN_ARRAY ? readElements(bytes, span)[Number(step)] : undefined;
    if (span === undefined) return undefined;
  }
  return span;
}
