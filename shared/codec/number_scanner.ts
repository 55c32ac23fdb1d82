/**
 * Parses decimal numbers from bytes to doubles without creating strings. The result equals `Number(text)` bit for bit, or is NaN if the
 * fast algorithm cannot guarantee that.
 *
 * @module
 */

/** 10^0 … 10^22, the powers of ten that a double holds exactly. */
const POWERS_OF_TEN = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Maximum number of digits that a double holds without rounding. */
const EXACT_DIGITS_MAX = 15;

/** Up to 2^53 each integer is a double. */
const EXACT_MAX = 9_007_199_254_740_992;

const ZERO = 0x30, NINE = 0x39, MINUS = 0x2d, POINT = 0x2e;

/** Number of digits that fit into 32 bits. */
const INT32_DIGITS = 9;

/** Veltkamp's constant, 2^27 + 1: splits a double into two halves whose products are exact. */
const SPLITTER = 134_217_729;

/**
 * `(high · 10^extra + low) / 10^decimals`, correctly rounded, or NaN if the rounding is too close to call.
 *
 * Up to 2^53 the numerator is exact and IEEE 754 rounds the single division correctly (Clinger, "How to read floating point
 * numbers accurately", 1990). Above, the quotient is computed in double-double arithmetic (Dekker, 1971) and
 * used only if its error cannot change the rounding (Ziv's test).
 *
 * @param high the first significant digits, at most 2^53
 * @param low the following `extra` digits, at most 9
 * @param decimals number of digits after the point, at most 22
 */
function divideRounded(high: number, low: number, extra: number, decimals: number): number {
  const scale = POWERS_OF_TEN[extra]!;
  const divisor = POWERS_OF_TEN[decimals]!;
  const whole = high * scale + low;
  if (whole <= EXACT_MAX) return whole / divisor;

  // high · scale exactly, as product + productError.
  const product = high * scale;
  let t = SPLITTER * high;
  const highTop = t - (t - high), highRest = high - highTop;
  t = SPLITTER * scale;
  const scaleTop = t - (t - scale), scaleRest = scale - scaleTop;
  const productError = ((highTop * scaleTop - product) + highTop * scaleRest + highRest * scaleTop) +
    highRest * scaleRest;
  // The numerator exactly, as top + rest.
  const sum = product + low;
  const added = sum - product;
  const rest0 = (product - (sum - added)) + (low - added) + productError;
  const top = sum + rest0;
  const rest = rest0 - (top - sum);

  const first = top / divisor;
  // first · divisor exactly, as back + backError.
  const back = first * divisor;
  t = SPLITTER * first;
  const firstTop = t - (t - first), firstRest = first - firstTop;
  t = SPLITTER * divisor;
  const divisorTop = t - (t - divisor), divisorRest = divisor - divisorTop;
  const backError = ((firstTop * divisorTop - back) + firstTop * divisorRest + firstRest * divisorTop) +
    firstRest * divisorRest;
  const second = (((top - back) - backError) + rest) / divisor;

  const rounded = first + second;
  const error = second - (rounded - first);
  return rounded + error * 1.000001 === rounded ? rounded : NaN;
}

/** Parses the digits from `start` to `end` (exclusive), at most 15, to an exact integer. */
function parseDigits(bytes: Uint8Array, start: number, end: number): number {
  const middle = Math.min(end, start + INT32_DIGITS);
  let first = 0;
  for (let i = start; i < middle; i++) first = (Math.imul(first, 10) + bytes[i]! - ZERO) | 0;
  if (middle === end) return first;
  let second = 0;
  for (let i = middle; i < end; i++) second = (Math.imul(second, 10) + bytes[i]! - ZERO) | 0;
  return first * POWERS_OF_TEN[end - middle]! + second;
}

/** Scans JSON numbers in bytes. Keeps properties of the last number. */
export class NumberScanner {
  /** Index of the first byte after the last number scanned. */
  end = 0;
  /** Whether the last number had a fraction. */
  hasFraction = false;

  /**
   * Parses the JSON number (RFC 8259, section 6) that begins at `start`. Returns NaN if there is none, and for rare cases: an exponent,
   * more than 19 digits, more than 22 decimals, a rounding too close to call.
   */
  scan(bytes: Uint8Array, start: number, limit: number): number {
    const first = bytes[start] === MINUS ? start + 1 : start;
    let i = first, digit: number;
    // Reads each digit once; 32-bit integers are several times faster than doubles.
    let top = 0;
    let stop = Math.min(limit, i + INT32_DIGITS);
    while (i < stop && (digit = bytes[i]! - ZERO) >= 0 && digit <= 9) {
      top = (Math.imul(top, 10) + digit) | 0;
      i++;
    }
    let whole = top;
    if (i === first + INT32_DIGITS) {
      let rest = 0;
      stop = Math.min(limit, i + EXACT_DIGITS_MAX - INT32_DIGITS);
      while (i < stop && (digit = bytes[i]! - ZERO) >= 0 && digit <= 9) {
        rest = (Math.imul(rest, 10) + digit) | 0;
        i++;
      }
      whole = top * POWERS_OF_TEN[i - first - INT32_DIGITS]! + rest;
    }
    if (i === first || (bytes[first] === ZERO && i > first + 1)) return NaN;
    let value = whole;
    this.hasFraction = i < limit && bytes[i] === POINT;
    if (this.hasFraction) {
      const point = i++;
      let high = 0, low = 0;
      stop = Math.min(limit, i + INT32_DIGITS);
      while (i < stop && (digit = bytes[i]! - ZERO) >= 0 && digit <= 9) {
        high = (Math.imul(high, 10) + digit) | 0;
        i++;
      }
      const split = i;
      stop = Math.min(limit, i + INT32_DIGITS);
      while (i < stop && (digit = bytes[i]! - ZERO) >= 0 && digit <= 9) {
        low = (Math.imul(low, 10) + digit) | 0;
        i++;
      }
      if (split === point + 1) return NaN;
      const exact = whole * POWERS_OF_TEN[split - point - 1]! + high;
      if (exact > EXACT_MAX) return this.#scanLong(bytes, start, limit);
      value = divideRounded(exact, low, i - split, i - point - 1);
    }
    if (i < limit) {
      const next = bytes[i]!;
      if (isDigit(next)) return this.#scanLong(bytes, start, limit);
      if ((next | 0x20) === 0x65) return NaN;
    }
    this.end = i;
    return first > start ? -value : value;
  }

  /** Parses a number with more digits. */
  #scanLong(bytes: Uint8Array, start: number, limit: number): number {
    const negative = bytes[start] === MINUS;
    let first = negative ? start + 1 : start;
    let i = first;
    while (i < limit && isDigit(bytes[i]!)) i++;
    const point = i;
    // No digit, or a leading zero.
    if (point === first || (bytes[first] === ZERO && point > first + 1)) return NaN;
    let decimals = 0;
    this.hasFraction = i < limit && bytes[i] === POINT;
    if (this.hasFraction) {
      i++;
      while (i < limit && isDigit(bytes[i]!)) i++;
      decimals = i - point - 1;
      if (decimals === 0 || decimals > 22) return NaN;
    }
    if (i < limit && (bytes[i]! | 0x20) === 0x65) return NaN;
    this.end = i;
    // From here on `first` is the first significant digit.
    let value: number;
    if (bytes[first] === ZERO) {
      first = Math.min(i, point + 1);
      while (first < i && bytes[first] === ZERO) first++;
      const count = i - first;
      if (count > EXACT_DIGITS_MAX + 4) return NaN;
      const split = Math.min(i, first + EXACT_DIGITS_MAX);
      value = divideRounded(
        parseDigits(bytes, first, split),
        parseDigits(bytes, split, i),
        i - split,
        decimals,
      );
    } else {
      const whole = point - first;
      if (whole > EXACT_DIGITS_MAX || whole + decimals > EXACT_DIGITS_MAX + 4) return NaN;
      const split = Math.min(i, first + EXACT_DIGITS_MAX + 1);
      const before = parseDigits(bytes, first, point);
      if (decimals === 0) value = before;
      else {
        const high = before * POWERS_OF_TEN[split - point - 1]! + parseDigits(bytes, point + 1, split);
        value = divideRounded(high, parseDigits(bytes, split, i), i - split, decimals);
      }
    }
    return negative ? -value : value;
  }
}

const isDigit = (byte: number) => byte >= ZERO && byte <= NINE;
