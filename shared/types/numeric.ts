/**
 * numeric.
 *
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c (numeric_in, numeric_recv)
 * @module
 */
import { kindOf, shown, type WriteValue } from "./column_type.ts";
import { decimalText } from "./decimal.ts";
import type { RowBuffer } from "./row_buffer.ts";

/** Limits of numeric without a precision. */
const WHOLE_DIGITS_MAX = 131_072;
const FRACTION_DIGITS_MAX = 16_383;

/** PostgreSQL rejects larger exponents, even of zero. */
const EXPONENT_MAX = 1_073_741_823;

const NEGATIVE = 0x4000;
const ZERO = 0x30;

/** Decimal digits of a digit in numeric's base. */
const GROUP_DIGITS = 4;

/** Whether numeric without a precision can hold a JSON number: the rule of numbers in jsonb, too. */
export function isNumeric(text: string): boolean {
  const number = parse(text);
  return number.exponent <= EXPONENT_MAX && number.exponent >= -EXPONENT_MAX &&
    number.scale <= FRACTION_DIGITS_MAX &&
    number.magnitude <= WHOLE_DIGITS_MAX;
}

/** Positions of the digits in a text: nothing is copied, and exponents are not expanded. */
interface Digits {
  /** Value = ±0.d₁d₂… × 10^magnitude, with d₁ at `first`. Zero: −∞. */
  magnitude: number;
  /** Positions of the first and the last digit that are not 0. */
  first: number;
  last: number;
  /** Position of the decimal point, or −1. */
  point: number;
  /** Number of digits after the point as PostgreSQL displays them. */
  scale: number;
  exponent: number;
}

const digits: Digits = { magnitude: 0, first: 0, last: 0, point: 0, scale: 0, exponent: 0 };

/** Parses a text in JSON's grammar of numbers. The result is valid until the next call. */
function parse(text: string): Digits {
  let at = text.charCodeAt(0) === 0x2d ? 1 : 0;
  const start = at;
  let point = -1;
  let first = -1;
  let last = -1;
  let end = text.length;
  let exponent = 0;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x2e) point = at;
    else if (code > 0x39) {
      exponent = Number(text.slice(at + 1));
      end = at;
    } else if (code !== ZERO) {
      if (first < 0) first = at;
      last = at;
    }
  }
  const wholeEnd = point < 0 ? end : point;
  digits.first = first;
  digits.last = last;
  digits.point = point;
  digits.exponent = exponent;
  digits.scale = Math.max(0, (point < 0 ? 0 : end - point - 1) - exponent);
  digits.magnitude = first < 0
    ? -Infinity
    : (first < wholeEnd ? wholeEnd - first : wholeEnd + 1 - first) + exponent;
  if (start === end) throw new RangeError(`"${text}" is not a number.`);
  return digits;
}

/** Appends the digits in base 10,000, without leading and trailing zero groups, and the header. */
function writeGroups(text: string, { magnitude, first, last, point, scale }: Digits, row: RowBuffer): void {
  const isZero = first < 0;
  const weight = isZero ? 0 : Math.ceil(magnitude / GROUP_DIGITS) - 1;
  /** Zeros before the first digit in its group. */
  const padding = isZero ? 0 : (weight + 1) * GROUP_DIGITS - magnitude;
  const count = isZero ? 0 : last - first + 1 - (point > first && point < last ? 1 : 0);
  const groups = Math.ceil((padding + count) / GROUP_DIGITS);
  row.reserve(12 + 2 * groups);
  const { view } = row;
  let at = row.length;
  view.setInt32(at, 8 + 2 * groups);
  view.setInt16(at + 4, groups);
  view.setInt16(at + 6, weight);
  view.setUint16(at + 8, !isZero && text.charCodeAt(0) === 0x2d ? NEGATIVE : 0);
  view.setUint16(at + 10, scale);
  at += 12;
  let source = first;
  let missing = GROUP_DIGITS - padding;
  for (let i = 0; i < groups; i++) {
    let group = 0;
    for (; missing > 0; missing--) {
      if (source === point) source++;
      group = group * 10 + (source <= last ? text.charCodeAt(source) - ZERO : 0);
      source++;
    }
    view.setInt16(at, group);
    at += 2;
    missing = GROUP_DIGITS;
  }
  row.length = at;
}

/** Digits after the point without trailing zeros; negative: number of zeros before the point. */
const significantScale = ({ magnitude, first, last, point }: Digits): number =>
  last - first + 1 - (point > first && point < last ? 1 : 0) - magnitude;

/**
 * Converts Decimal, bigint, numbers (by their shortest text) and decimal texts.
 *
 * @param modifiers precision and scale. A value that needs more digits is rejected, while PostgreSQL would round it.
 */
export function numericWriter([precision, scale = 0]: readonly number[]): WriteValue {
  return (value, row) => {
    const text = decimalText(value);
    if (text === undefined) return `expected a number, received ${kindOf(value)}`;
    const number = parse(text);
    if (precision === undefined) {
      if (!isNumeric(text)) return `out of range for numeric: ${shown(value)}`;
    } else {
      if (number.magnitude > precision - scale) {
        return `out of range for numeric(${precision},${scale}): ${shown(value)}`;
      }
      if (number.first >= 0 && significantScale(number) > scale) {
        return scale < 0
          ? `not a multiple of 1e${-scale}: ${shown(value)}`
          : `more than ${scale} digits after the decimal point: ${shown(value)}`;
      }
      number.scale = Math.max(0, scale);
    }
    writeGroups(text, number, row);
    return undefined;
  };
}
