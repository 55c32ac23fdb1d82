/**
 * Numbers in columns of type numeric.
 *
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/numeric.c (numeric_recv)
 * @module
 */
import type { RowBuffer } from "../../types/row_buffer.ts";
import { NumberScanner } from "../number_scanner.ts";
import { Leaf, type LeafOptions } from "./leaf.ts";

const ZERO = 0x30, POINT = 0x2e, MINUS = 0x2d;
/** Up to so many digits, comparisons as doubles are exact, and the shortest text of a double has the same digits. */
const EXACT_DIGITS_MAX = 15;
/** Header of a numeric after its length: number of groups, weight, sign, scale. */
const HEADER_BYTES = 8;
const NEGATIVE = 0x4000;

/** What the schema and the type accept. */
export interface NumericRules {
  /** Limits of numbers with at most 15 digits, inclusive. */
  readonly min: number;
  readonly max: number;
  /** Whether numbers may have more digits: they have no limits. */
  readonly allowsLong: boolean;
  /** Digits after the point, without trailing zeros, that the schema accepts. */
  readonly scale: number;
  /** Whether the schema's output has the zeros at the end of the fraction, unlike a double or `bigint`. */
  readonly keepsZeros: boolean;
  /** Modifiers of the type. */
  readonly precision: number | undefined;
  readonly typeScale: number;
}

/** Number of digits of a numeric without modifiers that is converted here. */
const DIGITS_MAX = 1_000;

export class NumericLeaf extends Leaf {
  readonly #scanner = new NumberScanner();
  #isNegative = false;
  /** The digits before the point without leading zeros, and after it without trailing ones. */
  #wholeStart = 0;
  #wholeEnd = 0;
  #fractionStart = 0;
  #fractionEnd = 0;
  #scale = 0;

  constructor(options: LeafOptions, readonly rules: NumericRules) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const next = this.#readDigits(bytes, at, end);
    return next < 0 ? this.other(bytes, at, end) : this.own(next);
  }

  #readDigits(bytes: Uint8Array, at: number, end: number): number {
    const { rules } = this;
    let i = at;
    this.#isNegative = i < end && bytes[i] === MINUS;
    if (this.#isNegative) i++;
    let first = i;
    while (i < end && isDigit(bytes[i]!)) i++;
    const point = i;
    if (point === first || (bytes[first] === ZERO && point > first + 1)) return -1;
    let last = point;
    if (i < end && bytes[i] === POINT) {
      const start = ++i;
      while (i < end && isDigit(bytes[i]!)) i++;
      if (i === start) return -1;
      last = i;
      while (last > start && bytes[last - 1] === ZERO) last--;
    }
    if (i < end && (bytes[i]! | 0x20) === 0x65) return -1;
    if (bytes[first] === ZERO) first++;
    const whole = point - first;
    const decimals = Math.max(0, last - point - 1);
    const written = Math.max(0, i - point - 1);
    if (decimals > rules.scale || decimals > rules.typeScale) return -1;
    if (rules.precision !== undefined && whole > rules.precision - rules.typeScale) return -1;
    if (whole + written > EXACT_DIGITS_MAX) {
      if (!rules.allowsLong || whole + written > DIGITS_MAX) return -1;
    } else if (rules.min !== -Infinity || rules.max !== Infinity) {
      const number = this.#scanner.scan(bytes, at, end);
      if (!(number >= rules.min && number <= rules.max)) return -1;
    }
    this.#wholeStart = first;
    this.#wholeEnd = point;
    this.#fractionStart = point + 1;
    this.#fractionEnd = point + 1 + decimals;
    this.#scale = rules.precision !== undefined ? rules.typeScale : rules.keepsZeros ? written : decimals;
    return i;
  }

  protected writeOwn(bytes: Uint8Array, rows: RowBuffer): boolean {
    const whole = this.#wholeEnd - this.#wholeStart;
    const decimals = this.#fractionEnd - this.#fractionStart;
    rows.reserve(4 + HEADER_BYTES + 2 * ((whole + 3 >> 2) + (decimals + 3 >> 2)));
    const { view } = rows;
    const start = rows.length + 4 + HEADER_BYTES;
    let at = start;
    let weight = (whole + 3 >> 2) - 1;
    let digit = this.#wholeStart;
    for (let missing = (whole & 3) || 4; digit < this.#wholeEnd; missing = 4) {
      let group = 0;
      for (; missing > 0; missing--) group = group * 10 + bytes[digit++]! - ZERO;
      view.setInt16(at, group);
      at += 2;
    }
    digit = this.#fractionStart;
    while (digit < this.#fractionEnd) {
      let group = 0;
      for (const groupEnd = digit + 4; digit < groupEnd; digit++) {
        group = group * 10 + (digit < this.#fractionEnd ? bytes[digit]! - ZERO : 0);
      }
      if (at === start && group === 0) weight--;
      else {
        view.setInt16(at, group);
        at += 2;
      }
    }
    while (at > start && view.getInt16(at - 2) === 0) at -= 2;
    const groups = (at - start) / 2;
    const begin = rows.length;
    view.setInt32(begin, at - begin - 4);
    view.setInt16(begin + 4, groups);
    view.setInt16(begin + 6, groups === 0 ? 0 : weight);
    view.setUint16(begin + 8, this.#isNegative && groups > 0 ? NEGATIVE : 0);
    view.setUint16(begin + 10, this.#scale);
    rows.length = at;
    return true;
  }
}

const isDigit = (byte: number) => byte >= ZERO && byte <= 0x39;
