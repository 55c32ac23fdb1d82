/**
 * Parses dates and times in ISO 8601.
 *
 * @module
 */

/** A date and time of day. A parser sets the properties of one object, so that none is created per value. */
export interface ParsedTimestamp {
  /** Days since 1970-01-01. */
  days: number;
  /** Microseconds of the day; at most 1 s more than a day, since a second can be 60 and fractions are rounded up. */
  micros: number;
  /** Offset from UTC in seconds; NaN: the text has none. */
  offset: number;
  /** Whether the text has a time of day. */
  hasTime: boolean;
}

export const parsed: ParsedTimestamp = { days: 0, micros: 0, offset: NaN, hasTime: false };

const CUMULATIVE_DAYS = [0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334];
const DAYS_IN_MONTH = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const isLeapYear = (year: number) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);

/** Days from 0001-01-01 to 1970-01-01. */
const DAYS_BEFORE_1970 = 719_162;

/** Days since 1970-01-01; NaN if there is no such day. Years begin at 1. */
function daysOf(year: number, month: number, day: number): number {
  if (!(year >= 1 && month >= 1 && month <= 12 && day >= 1)) return NaN;
  const leapDay = isLeapYear(year) ? 1 : 0;
  if (day > DAYS_IN_MONTH[month - 1]! + (month === 2 ? leapDay : 0)) return NaN;
  const before = year - 1;
  return before * 365 + Math.floor(before / 4) - Math.floor(before / 100) + Math.floor(before / 400) +
    CUMULATIVE_DAYS[month - 1]! + (month > 2 ? leapDay : 0) + day - 1 - DAYS_BEFORE_1970;
}

/** The number of two digits at a position; NaN if they are none. */
function twoDigits(text: string, at: number): number {
  const tens = text.charCodeAt(at) - 0x30;
  const ones = text.charCodeAt(at + 1) - 0x30;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

const MINUS = 0x2d;
const PLUS = 0x2b;
const COLON = 0x3a;
const DOT = 0x2e;
const SPACE = 0x20;

/** Rounds to the nearest integer, ties to even, like C's rint(). */
function rint(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 !== 0) ? floor + 1 : floor;
}

/** Microseconds of the digits of a fraction, in the arithmetic of PostgreSQL's ParseFractionalSecond(). */
function fractionMicros(text: string, start: number, end: number): number {
  if (end - start > 6) return rint(Number(`0.${text.slice(start, end)}`) * 1e6);
  let micros = 0;
  for (let i = start; i < start + 6; i++) micros = micros * 10 + (i < end ? text.charCodeAt(i) - 0x30 : 0);
  return micros;
}

/** Offset in seconds of `Z`, `+hh`, `+hhmm`, `+hh:mm`, or `+hh:mm:ss` at a position; `undefined` if it is invalid. */
function parseOffset(text: string, start: number): number | undefined {
  const { length } = text;
  const code = text.charCodeAt(start);
  if ((code | 0x20) === 0x7a) return start + 1 === length ? 0 : undefined;
  if (code !== PLUS && code !== MINUS) return undefined;
  const hours = twoDigits(text, start + 1);
  let [minutes, seconds] = [0, 0];
  let at = start + 3;
  if (at < length) {
    const hasColon = text.charCodeAt(at) === COLON;
    minutes = twoDigits(text, hasColon ? at + 1 : at);
    at += hasColon ? 3 : 2;
    if (hasColon && at < length && text.charCodeAt(at) === COLON) {
      seconds = twoDigits(text, at + 1);
      at += 3;
    }
  }
  // PostgreSQL's limit is 15:59:59.
  if (at !== length || !(hours <= 15 && minutes <= 59 && seconds <= 59)) return undefined;
  const offset = hours * 3600 + minutes * 60 + seconds;
  return code === MINUS ? -offset : offset;
}

/** Parses the time and offset from a position into {@link parsed}. */
function parseTime(text: string, start: number): boolean {
  const { length } = text;
  const hours = twoDigits(text, start);
  const minutes = twoDigits(text, start + 3);
  if (text.charCodeAt(start + 2) !== COLON || !(hours <= 23 && minutes <= 59)) return false;
  let at = start + 5;
  let [seconds, micros] = [0, 0];
  if (text.charCodeAt(at) === COLON) {
    seconds = twoDigits(text, at + 1);
    if (!(seconds <= 60)) return false;
    at += 3;
    if (text.charCodeAt(at) === DOT) {
      const first = ++at;
      while (text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++;
      if (at === first) return false;
      micros = fractionMicros(text, first, at);
    }
  }
  parsed.micros = ((hours * 60 + minutes) * 60 + seconds) * 1e6 + micros;
  if (at === length) return true;
  // PostgreSQL prints a space before no offset, but other programs do.
  if (text.charCodeAt(at) === SPACE) at++;
  const offset = parseOffset(text, at);
  if (offset === undefined) return false;
  parsed.offset = offset;
  return true;
}

/**
 * Parses `YYYY-MM-DD`, or `YYYY-MM-DDThh:mm[:ss[.fraction]][offset]` with `T`, `t` or a space, into {@link parsed}. Years are 0001 to 9999;
 * 24:00 is rejected, and a second of 60 is the first of the next minute.
 *
 * @returns whether the text is valid
 */
export function parseTimestamp(text: string): boolean {
  if (text.charCodeAt(4) !== MINUS || text.charCodeAt(7) !== MINUS) return false;
  const year = twoDigits(text, 0) * 100 + twoDigits(text, 2);
  const days = daysOf(year, twoDigits(text, 5), twoDigits(text, 8));
  if (Number.isNaN(days)) return false;
  parsed.days = days;
  parsed.micros = 0;
  parsed.offset = NaN;
  parsed.hasTime = text.length > 10;
  if (!parsed.hasTime) return true;
  const separator = text.charCodeAt(10);
  if ((separator | 0x20) !== 0x74 && separator !== SPACE) return false;
  return parseTime(text, 11);
}
