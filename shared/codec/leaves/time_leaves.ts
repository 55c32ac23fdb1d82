/**
 * Dates and times: texts in ISO 8601 and numbers since 1970.
 *
 * @module
 */
import type { EpochUnit } from "../../stream.ts";
import type { RowBuffer } from "../../types/row_buffer.ts";
import { NumberScanner } from "../number_scanner.ts";
import { Leaf, type LeafOptions } from "./leaf.ts";
import type { Limits } from "./number_leaves.ts";

const QUOTE = 0x22,
  MINUS = 0x2d,
  PLUS = 0x2b,
  COLON = 0x3a,
  POINT = 0x2e,
  LETTER_T = 0x54,
  LETTER_Z = 0x5a,
  ZERO = 0x30;

const SECONDS_PER_DAY = 86_400, MICROS_PER_SECOND = 1_000_000;
/** 2000-01-01, PostgreSQL's epoch, in days since 0001-01-01 and since 1970-01-01. */
const EPOCH_FROM_YEAR_1 = 730_119, EPOCH_FROM_1970 = 10_957;
/** Microseconds of so many days are exact as a double. Other times are left to the schema. */
const EXACT_DAYS_MAX = 100_000;

const TWO_32 = 4_294_967_296;

const DAYS_BEFORE_MONTH = [0, 0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/** The number of two digits; NaN if there are none. */
function twoDigits(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - ZERO, ones = bytes[at + 1]! - ZERO;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

/** Days since 2000-01-01 of `YYYY-MM-DD`; NaN if there is no such day. */
function daysAt(bytes: Uint8Array, at: number): number {
  const year = twoDigits(bytes, at) * 100 + twoDigits(bytes, at + 2);
  const month = twoDigits(bytes, at + 5), day = twoDigits(bytes, at + 8);
  if (
    !(year >= 1 && month >= 1 && month <= 12 && day >= 1) || bytes[at + 4] !== MINUS ||
    bytes[at + 7] !== MINUS
  ) {
    return NaN;
  }
  const isLeap = (year & 3) === 0 && (year % 100 !== 0 || year % 400 === 0);
  if (day > DAYS_IN_MONTH[month]! + (isLeap && month === 2 ? 1 : 0)) return NaN;
  const before = year - 1;
  return before * 365 + (before >> 2) - Math.floor(before / 100) + Math.floor(before / 400) +
    DAYS_BEFORE_MONTH[month]! + (isLeap && month > 2 ? 1 : 0) + day - 1 - EPOCH_FROM_YEAR_1;
}

function writeMicros(micros: number, rows: RowBuffer): boolean {
  rows.reserve(12);
  const { view, length } = rows;
  const high = Math.floor(micros / TWO_32);
  view.setInt32(length, 8);
  view.setInt32(length + 4, high);
  view.setUint32(length + 8, micros - high * TWO_32);
  rows.length = length + 12;
  return true;
}

/** What texts a leaf reads. */
export interface TimestampRules {
  /** Whether an offset is required (timestamptz), or must be absent (timestamp). */
  readonly hasOffset: boolean;
  /** Whether offsets other than `Z` are valid. */
  readonly isOffsetAllowed: boolean;
}

/** Shortest text: `YYYY-MM-DDTHH:MM:SS`. */
const SECONDS_LENGTH = 19;

/** A text in a column of type timestamptz or timestamp: `YYYY-MM-DDTHH:MM:SS`, up to six digits of a fraction, `Z` or `±HH:MM`. */
export class TimestampLeaf extends Leaf {
  #micros = 0;

  constructor(options: LeafOptions, readonly rules: TimestampRules) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const next = this.#parse(bytes, at, end);
    return next < 0 ? this.other(bytes, at, end) : this.own(next);
  }

  #parse(bytes: Uint8Array, at: number, end: number): number {
    let i = at + 1 + SECONDS_LENGTH;
    if (i >= end || bytes[at] !== QUOTE) return -1;
    const days = daysAt(bytes, at + 1);
    const hours = twoDigits(bytes, at + 12),
      minutes = twoDigits(bytes, at + 15),
      seconds = twoDigits(bytes, at + 18);
    if (
      bytes[at + 11] !== LETTER_T || bytes[at + 14] !== COLON || bytes[at + 17] !== COLON ||
      !(Math.abs(days) <= EXACT_DAYS_MAX && hours <= 23 && minutes <= 59 && seconds <= 59)
    ) return -1;
    let micros = 0;
    if (bytes[i] === POINT) {
      const first = ++i;
      while (i < end && bytes[i]! >= ZERO && bytes[i]! <= 0x39) micros = micros * 10 + bytes[i++]! - ZERO;
      const digits = i - first;
      if (digits === 0 || digits > 6) return -1;
      for (let n = digits; n < 6; n++) micros *= 10;
    }
    let offset = 0;
    const sign = i < end ? bytes[i] : 0;
    if (!this.rules.hasOffset) {
      if (sign !== QUOTE) return -1;
    } else if (sign === LETTER_Z) i++;
    else if (this.rules.isOffsetAllowed && (sign === PLUS || sign === MINUS)) {
      const hours = twoDigits(bytes, i + 1), minutes = twoDigits(bytes, i + 4);
      if (!(hours <= 15 && minutes <= 59) || bytes[i + 3] !== COLON) return -1;
      offset = (hours * 60 + minutes) * 60;
      if (sign === MINUS) offset = -offset;
      i += 6;
    } else return -1;
    if (i >= end || bytes[i] !== QUOTE) return -1;
    this.#micros =
      (days * SECONDS_PER_DAY + (hours * 60 + minutes) * 60 + seconds - offset) * MICROS_PER_SECOND + micros;
    return i + 1;
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    return writeMicros(this.#micros, rows);
  }
}

const DATE_LENGTH = 10;

/** A text `YYYY-MM-DD` in a column of type date. */
export class DateLeaf extends Leaf {
  #days = 0;

  read(bytes: Uint8Array, at: number, end: number): number {
    const close = at + 1 + DATE_LENGTH;
    if (close < end && bytes[at] === QUOTE && bytes[close] === QUOTE) {
      const days = daysAt(bytes, at + 1);
      if (!Number.isNaN(days)) {
        this.#days = days;
        return this.own(close + 1);
      }
    }
    return this.other(bytes, at, end);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    rows.int32(4);
    rows.int32(this.#days);
    return true;
  }
}

/** Digits after the point of which no microsecond has a fraction. */
const FRACTION_DIGITS: Readonly<Record<EpochUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 };
/** Up to so many digits, the number times a power of ten is exact after rounding. */
const EXACT_DIGITS_MAX = 15;

/** Units for which there is an {@link EpochLeaf}. */
export const isExactUnit = (unit: EpochUnit): boolean => FRACTION_DIGITS[unit] >= 0;

/** A number since 1970-01-01 UTC in a column of type timestamptz or timestamp. */
export class EpochLeaf extends Leaf {
  readonly #scanner = new NumberScanner();
  readonly #decimalsMax: number;
  readonly #factor: number;
  #micros = 0;

  constructor(options: LeafOptions, readonly limits: Limits, unit: EpochUnit) {
    super(options);
    this.#decimalsMax = FRACTION_DIGITS[unit];
    this.#factor = 10 ** this.#decimalsMax;
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const number = this.#scanner.scan(bytes, at, end);
    const { min, max, isInteger } = this.limits;
    const next = this.#scanner.end;
    if (!(number >= min && number <= max) || next - at > EXACT_DIGITS_MAX + 2) {
      return this.other(bytes, at, end);
    }
    if (this.#scanner.hasFraction) {
      let point = next - 1;
      while (bytes[point] !== POINT) point--;
      if (isInteger || next - point - 1 > this.#decimalsMax || next - at > EXACT_DIGITS_MAX + 1) {
        return this.other(bytes, at, end);
      }
    } else if (next - at > EXACT_DIGITS_MAX) return this.other(bytes, at, end);
    const whole = Math.trunc(number);
    const micros = whole * this.#factor + Math.round((number - whole) * this.#factor);
    if (!(Math.abs(micros) <= EXACT_DAYS_MAX * SECONDS_PER_DAY * MICROS_PER_SECOND)) {
      return this.other(bytes, at, end);
    }
    this.#micros = micros - EPOCH_FROM_1970 * SECONDS_PER_DAY * MICROS_PER_SECOND;
    return this.own(next);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    return writeMicros(this.#micros, rows);
  }
}
