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
    let i = start;
    let byte = bytes[i]!;
    const negative = byte === 0x2d;
    if (negative) byte = bytes[++i]!;
    let high = 0, low = 0, digits = 0, decimals = 0;
    const from = i;
    for (; i < limit; i++) {
      byte = bytes[i]! - 0x30;
      if (byte < 0 || byte > 9) break;
      if (digits < EXACT_DIGITS) high = high * 10 + byte;
      else low = low * 10 + byte;
      if (digits !== 0 || byte !== 0) digits++;
    }
    const whole = i - from;
    // No digit at all, or a zero before others.
    if (whole === 0 || (whole > 1 && bytes[from] === 0x30)) return NaN;
    this.fraction = i < limit && bytes[i] === 0x2e;
    if (this.fraction) {
      const point = i++;
      for (; i < limit; i++) {
        byte = bytes[i]! - 0x30;
        if (byte < 0 || byte > 9) break;
        if (digits < EXACT_DIGITS) high = high * 10 + byte;
        else low = low * 10 + byte;
        if (digits !== 0 || byte !== 0) digits++;
      }
      decimals = i - point - 1;
      if (decimals === 0 || decimals > 22) return NaN;
    }
    const extra = digits - EXACT_DIGITS;
    if (extra > 4 || (i < limit && (bytes[i]! | 0x20) === 0x65)) return NaN;
    this.end = i;
    const value = extra > 0
      ? quotient(high, low, extra, decimals)
      : decimals === 0
      ? high
      : high / POWERS[decimals]!;
    return negative ? -value : value;
  }
}
