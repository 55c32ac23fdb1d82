/**
 * Decimal numbers from bytes to doubles, without making a string of them. Exact or not at all: what it returns is
 * bit for bit what `Number(text)` returns, and where it can't be sure it says so.
 *
 * @module
 */

/** 10^0 … 10^22, the powers of ten that a double holds exactly. */
const POWERS = Float64Array.from({ length: 23 }, (_, exponent) => Number(`1e${exponent}`));

/** Most digits that are added up in one double without rounding. */
const EXACT_DIGITS = 15;

const ZERO = 0x30, NINE = 0x39;

/** Veltkamp's constant, 2^27 + 1: splits a double in two halves whose products are exact. */
const SPLIT = 134_217_729;

/**
 * `(high · 10^extra + low) / 10^decimals`, correctly rounded, or NaN where the rounding is too close to call.
 *
 * Up to 2^53 the numerator is exact and IEEE 754 rounds the one division rightly (Clinger, "How to read floating point
 * numbers accurately", 1990). Above, the quotient is taken in double-double arithmetic (Dekker, 1971) and kept only if
 * its error can't change the rounding (Ziv's test).
 *
 * @param high the first 15 significant digits
 * @param low the digits after them, `extra` many, at most 4
 * @param decimals digits after the point, at most 22
 */
function quotient(high: number, low: number, extra: number, decimals: number): number {
  const scale = POWERS[extra]!;
  const divisor = POWERS[decimals]!;
  const whole = high * scale + low;
  if (whole <= 9_007_199_254_740_992) return whole / divisor;

  // high · scale exactly, as product + productError.
  const product = high * scale;
  let t = SPLIT * high;
  const highTop = t - (t - high), highRest = high - highTop;
  t = SPLIT * scale;
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
  t = SPLIT * first;
  const firstTop = t - (t - first), firstRest = first - firstTop;
  t = SPLIT * divisor;
  const divisorTop = t - (t - divisor), divisorRest = divisor - divisorTop;
  const backError = ((firstTop * divisorTop - back) + firstTop * divisorRest + firstRest * divisorTop) +
    firstRest * divisorRest;
  const second = (((top - back) - backError) + rest) / divisor;

  const rounded = first + second;
  const error = second - (rounded - first);
  return rounded + error * 1.000001 === rounded ? rounded : NaN;
}

/** Digits that are added up in 32 bits at a time. */
const INT_DIGITS = 9;

/** The whole number that the digits from `start` to `end` (exclusive) make: exact, for at most 15 of them. */
function digits(bytes: Uint8Array, start: number, end: number): number {
  // Whole numbers of 32 bits are several times as fast as doubles.
  const middle = Math.min(end, start + INT_DIGITS);
  let first = 0;
  for (let i = start; i < middle; i++) first = (Math.imul(first, 10) + bytes[i]! - ZERO) | 0;
  if (middle === end) return first;
  let second = 0;
  for (let i = middle; i < end; i++) second = (Math.imul(second, 10) + bytes[i]! - ZERO) | 0;
  return first * POWERS[end - middle]! + second;
}

/** Scans JSON numbers in bytes. One is enough for a consumer: it keeps only where the last number ended. */
export class NumberScanner {
  /** Index of the first byte after the last number scanned. */
  end = 0;
  /** Whether the last number had a fraction. */
  fraction = false;

  /**
   * The JSON number (RFC 8259, section 6) that begins at `start`, exactly as `Number` reads it. NaN where there is none, and for
   * what is rare: an exponent, more than 19 digits, more than 22 decimals, a rounding too close to call.
   */
  scan(bytes: Uint8Array, start: number, limit: number): number {
    const negative = bytes[start] === 0x2d;
    let first = negative ? start + 1 : start;
    let i = first;
    while (i < limit && isDigit(bytes[i]!)) i++;
    const point = i;
    // No digit at all, or a zero before others.
    if (point === first || (bytes[first] === ZERO && point > first + 1)) return NaN;
    let decimals = 0;
    this.fraction = i < limit && bytes[i] === 0x2e;
    if (this.fraction) {
      i++;
      while (i < limit && isDigit(bytes[i]!)) i++;
      decimals = i - point - 1;
      if (decimals === 0 || decimals > 22) return NaN;
    }
    if (i < limit && (bytes[i]! | 0x20) === 0x65) return NaN;
    this.end = i;
    // From here on `first` is the first digit that counts: after the point where there is a zero before it.
    let value: number;
    if (bytes[first] === ZERO) {
      first = Math.min(i, point + 1);
      while (first < i && bytes[first] === ZERO) first++;
      const count = i - first;
      if (count > EXACT_DIGITS + 4) return NaN;
      const split = Math.min(i, first + EXACT_DIGITS);
      value = quotient(digits(bytes, first, split), digits(bytes, split, i), i - split, decimals);
    } else {
      const whole = point - first;
      if (whole > EXACT_DIGITS || whole + decimals > EXACT_DIGITS + 4) return NaN;
      const split = Math.min(i, first + EXACT_DIGITS + 1);
      const before = digits(bytes, first, point);
      if (decimals === 0) value = before;
      else {
        const high = before * POWERS[split - point - 1]! + digits(bytes, point + 1, split);
        value = quotient(high, digits(bytes, split, i), i - split, decimals);
      }
    }
    return negative ? -value : value;
  }
}

const isDigit = (byte: number) => byte >= ZERO && byte <= NINE;
