/**
 * date, timestamp and timestamptz.
 *
 * @module
 */
import type { EpochUnit } from "../stream.ts";
import { kindOf, shown, type TypeOptions, type WriteValue } from "./column_type.ts";
import { decimalText, parseDecimal } from "./decimal.ts";
import { parsed, parseTimestamp } from "./parse_timestamp.ts";
import type { RowBuffer } from "./row_buffer.ts";
import { timeZoneOffsets } from "./time_zone.ts";

const MICROS_PER_DAY = 86_400_000_000;
const SECONDS_PER_DAY = 86_400;

/** PostgreSQL's epoch, 2000-01-01, in days since 1970-01-01. */
const EPOCH_DAYS = 10_957;

/** 0001-01-01 in days since 1970-01-01. Earlier dates are BC. */
const FIRST_DAY = -719_162;
/** The day after the last day of a timestamp, 294276-12-31. Dates end later, but are limited to the same range. */
const END_DAY = 106_762_940;

/** Microseconds per unit as a power of ten. */
const UNIT_EXPONENTS: Readonly<Record<EpochUnit, number>> = { s: 6, ms: 3, us: 0, ns: -3 };

const OUT_OF_RANGE = "not between the years 1 and 294276";

/** Appends microseconds since PostgreSQL's epoch. `micros` may be negative or exceed a day. */
function writeMicros(days: number, micros: number, row: RowBuffer): string | undefined {
  const day = days + Math.floor(micros / MICROS_PER_DAY);
  if (!(day >= FIRST_DAY && day < END_DAY)) return OUT_OF_RANGE;
  row.int32(8);
  const total = (days - EPOCH_DAYS) * MICROS_PER_DAY + micros;
  if (Number.isSafeInteger(total)) row.safeInt64(total);
  else row.int64(BigInt(days - EPOCH_DAYS) * BigInt(MICROS_PER_DAY) + BigInt(micros));
  return undefined;
}

/** Appends a day. */
function writeDay(days: number, row: RowBuffer): string | undefined {
  if (!(days >= FIRST_DAY && days < END_DAY)) return OUT_OF_RANGE;
  row.int32(4);
  row.int32(days - EPOCH_DAYS);
  return undefined;
}

/** A decimal × 10^exponent as an integer, rounded to nearest, ties to even; `undefined` if it has more than `MAX` digits. */
function scaledInteger(text: string, exponent: number): bigint | undefined {
  const { isNegative, digits, magnitude } = parseDecimal(text);
  const wholeDigits = magnitude + BigInt(exponent);
  if (digits === "" || wholeDigits < 0n) return 0n;
  if (wholeDigits > SCALED_DIGITS_MAX) return undefined;
  const count = Number(wholeDigits);
  let value = BigInt(digits.slice(0, count).padEnd(count, "0") || "0");
  const rest = digits.slice(count);
  // Digits do not end with 0, so a tie is exactly "5".
  if (rest > "5" || (rest === "5" && value % 2n === 1n)) value++;
  return isNegative ? -value : value;
}

/** More digits of microseconds are outside of the range of timestamps. */
const SCALED_DIGITS_MAX = 20n;

/** Seconds up to this limit are doubles less than a microsecond apart. */
const SECONDS_MAX = 2 ** 32;

/** Whether the shortest text of a number is that of micros / factor, so that no digit is lost. */
const isExact = (value: number, micros: number, factor: number): boolean =>
  Math.abs(value) < (Number.isInteger(value) ? Number.MAX_SAFE_INTEGER / factor : SECONDS_MAX) &&
  micros / factor === value;

type WriteInstant = (days: number, micros: number, row: RowBuffer) => string | undefined;

/** Converts numbers since 1970-01-01 UTC in a unit. */
function epochWriter(unit: EpochUnit, write: WriteInstant): WriteValue {
  const exponent = UNIT_EXPONENTS[unit];
  const factor = 10 ** exponent;
  return (value, row) => {
    if (typeof value === "number" && exponent >= 0) {
      const micros = Math.round(value * factor);
      if (isExact(value, micros, factor)) return write(0, micros, row);
    }
    const text = decimalText(value);
    if (text === undefined) return `expected a number, received ${kindOf(value)}`;
    const micros = scaledInteger(text, exponent);
    if (micros === undefined) return `${OUT_OF_RANGE}: ${shown(value)}`;
    const perDay = BigInt(MICROS_PER_DAY);
    const days = micros / perDay;
    return write(Number(days), Number(micros - days * perDay), row);
  };
}

/** Converts what dates and timestamps have in common: numbers with a unit, and `Date`. */
function instantWriter(epoch: EpochUnit | undefined, write: WriteInstant): WriteValue {
  const writeEpoch = epoch && epochWriter(epoch, write);
  return (value, row) => {
    if (value instanceof Date) {
      return Number.isNaN(value.getTime()) ? "an invalid date" : write(0, value.getTime() * 1000, row);
    }
    if (typeof value === "string") return `not an ISO 8601 date and time: ${shown(value)}`;
    const kind = kindOf(value);
    if (kind !== "number") return `expected a date and time, received ${kind}`;
    return writeEpoch ? writeEpoch(value, row) : `the number ${shown(value)} without a unit; declare "epoch"`;
  };
}

/** Converts `YYYY-MM-DD`; numbers and `Date` to their day in UTC. */
export function dateWriter({ epoch }: TypeOptions): WriteValue {
  const writeInstant = instantWriter(
    epoch,
    (days, micros, row) => writeDay(days + Math.floor(micros / MICROS_PER_DAY), row),
  );
  return (value, row) => {
    if (typeof value !== "string") return writeInstant(value, row);
    if (!parseTimestamp(value) || parsed.hasTime) return `not a date (YYYY-MM-DD): ${shown(value)}`;
    return writeDay(parsed.days, row);
  };
}

/**
 * Converts ISO 8601 texts; numbers and `Date` as UTC. An offset other than 0 is rejected: PostgreSQL would ignore it.
 */
export function timestampWriter({ epoch }: TypeOptions): WriteValue {
  const writeInstant = instantWriter(epoch, writeMicros);
  return (value, row) => {
    if (typeof value !== "string" || !parseTimestamp(value)) return writeInstant(value, row);
    if (parsed.offset) {
      return `an offset from UTC, which timestamp does not store: ${shown(value)}`;
    }
    return writeMicros(parsed.days, parsed.micros, row);
  };
}

/** Converts ISO 8601 texts with an offset, or without one in the column's time zone; numbers and `Date`. */
export function timestamptzWriter({ epoch, timeZone }: TypeOptions): WriteValue {
  const writeInstant = instantWriter(epoch, writeMicros);
  const offsetAt = timeZone === undefined ? undefined : timeZoneOffsets(timeZone);
  return (value, row) => {
    if (typeof value !== "string" || !parseTimestamp(value)) return writeInstant(value, row);
    let { offset } = parsed;
    if (Number.isNaN(offset)) {
      if (!offsetAt) return `no offset from UTC: ${shown(value)}; declare "timeZone"`;
      offset = offsetAt(parsed.days * SECONDS_PER_DAY + parsed.micros / 1e6);
    }
    return writeMicros(parsed.days, parsed.micros - offset * 1e6, row);
  };
}
