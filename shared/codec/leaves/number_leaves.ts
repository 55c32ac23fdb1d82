/**
 * Numbers in columns of type smallint, integer, bigint, real and double precision.
 *
 * @module
 */
import type { RowBuffer } from "../../types/row_buffer.ts";
import { NumberScanner } from "../number_scanner.ts";
import { Leaf, type LeafOptions, OWN } from "./leaf.ts";

/** Limits of a leaf's numbers, inclusive. */
export interface Limits {
  readonly min: number;
  readonly max: number;
  readonly isInteger: boolean;
}

/** A number in a column of type double precision. */
export class DoubleLeaf extends Leaf {
  readonly #scanner = new NumberScanner();
  readonly #min: number;
  readonly #max: number;
  readonly #isInteger: boolean;
  #value = 0;

  constructor(options: LeafOptions, { min, max, isInteger }: Limits) {
    super(options);
    this.#min = min;
    this.#max = max;
    this.#isInteger = isInteger;
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const number = this.#scanner.scan(bytes, at, end);
    // NaN is not within the limits either.
    if (!(number >= this.#min && number <= this.#max) || (this.#isInteger && !Number.isInteger(number))) {
      return this.other(bytes, at, end);
    }
    this.#value = number;
    return this.own(this.#scanner.end);
  }

  // The most frequent leaves override write(), which saves a call.
  override write(bytes: Uint8Array, rows: RowBuffer): boolean {
    return this.state === OWN ? this.writeOwn(bytes, rows) : super.write(bytes, rows);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    rows.reserve(12);
    const { view, length } = rows;
    view.setInt32(length, 8);
    view.setFloat64(length + 4, this.#value);
    rows.length = length + 12;
    return true;
  }
}

const double = new Float64Array(1);
const doubleBits = new Uint32Array(double.buffer);

/** Whether a double is exactly between two reals of normal size, so that the digits decide which one is nearer. */
function isBetweenReals(value: number): boolean {
  double[0] = value;
  return (doubleBits[0]! & 0x1fffffff) === 0x10000000;
}

const REAL_MAX = 3.4028234663852886e38, REAL_NORMAL_MIN = 2 ** -126;

/** A number in a column of type real. */
export class RealLeaf extends Leaf {
  readonly #scanner = new NumberScanner();
  #value = 0;

  constructor(options: LeafOptions, readonly limits: Limits) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const number = this.#scanner.scan(bytes, at, end);
    const { min, max, isInteger } = this.limits;
    const size = Math.abs(number);
    if (
      !(number >= min && number <= max) || (isInteger && !Number.isInteger(number)) || size > REAL_MAX ||
      (size < REAL_NORMAL_MIN && size !== 0) || isBetweenReals(number)
    ) return this.other(bytes, at, end);
    this.#value = number;
    return this.own(this.#scanner.end);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    rows.int32(4);
    rows.float32(this.#value);
    return true;
  }
}

/** A number in a column of type smallint or integer. */
export class IntegerLeaf extends Leaf {
  readonly #scanner = new NumberScanner();
  readonly #min: number;
  readonly #max: number;
  readonly #sizeBytes: 2 | 4;
  #value = 0;

  /**
   * @param sizeBytes size of the type
   * @param isExact whether the schema distinguishes whole numbers from those that round to them
   */
  constructor(options: LeafOptions, { min, max }: Limits, sizeBytes: 2 | 4, readonly isExact: boolean) {
    super(options);
    const range = sizeBytes === 2 ? 32_768 : 2_147_483_648;
    this.#min = Math.max(min, -range);
    this.#max = Math.min(max, range - 1);
    this.#sizeBytes = sizeBytes;
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const number = this.#scanner.scan(bytes, at, end);
    if (
      !(number >= this.#min && number <= this.#max) || (number | 0) !== number ||
      (this.isExact && this.#scanner.hasFraction)
    ) return this.other(bytes, at, end);
    this.#value = number;
    return this.own(this.#scanner.end);
  }

  override write(bytes: Uint8Array, rows: RowBuffer): boolean {
    return this.state === OWN ? this.writeOwn(bytes, rows) : super.write(bytes, rows);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    rows.reserve(8);
    const { view, length } = rows;
    view.setInt32(length, this.#sizeBytes);
    if (this.#sizeBytes === 4) view.setInt32(length + 4, this.#value);
    else view.setInt16(length + 4, this.#value);
    rows.length = length + 4 + this.#sizeBytes;
    return true;
  }
}

const TWO_16 = 65_536, TWO_32 = 4_294_967_296;
const ZERO = 0x30, POINT = 0x2e;
/** Numbers with more digits are not exact as doubles. */
const EXACT_DIGITS_MAX = 15;
/** The smallest number with 16 digits, and a limit above all numbers of 19 digits that begin with 8. */
const LONG_MIN = 1e15, LONG_MAX = 9.0001e18;
/** The last digits of a longer number, which fit into 32 bits. */
const LOW_DIGITS = 9, LOW_SCALE = 1e9;
const LONG_DIGITS_MAX = 19, EIGHT = 0x38;

/** A whole number in a column of type bigint. */
export class BigintLeaf extends Leaf {
  readonly #min: number;
  readonly #max: number;
  /** Maximum number of digits of positive and of negative numbers. */
  readonly #positiveDigits: number;
  readonly #negativeDigits: number;
  /** The value is high × 10^9 + low, or its negative. */
  #high = 0;
  #low = 0;
  #isNegative = false;

  /** @param isExact whether the schema's output is exact above 15 digits */
  constructor(options: LeafOptions, { min, max }: Limits, isExact: boolean) {
    super(options);
    this.#min = min;
    this.#max = max;
    this.#positiveDigits = isExact && min <= LONG_MIN && max >= LONG_MAX ? LONG_DIGITS_MAX : EXACT_DIGITS_MAX;
    this.#negativeDigits = isExact && max >= -LONG_MIN && min <= -LONG_MAX
      ? LONG_DIGITS_MAX
      : EXACT_DIGITS_MAX;
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    let i = at;
    const isNegative = i < end && bytes[i] === 0x2d;
    if (isNegative) i++;
    const first = i;
    while (i < end && isDigit(bytes[i]!)) i++;
    const count = i - first;
    const next = i < end ? bytes[i]! : 0;
    if (
      count === 0 || count > (isNegative ? this.#negativeDigits : this.#positiveDigits) || next === POINT ||
      (next | 0x20) === 0x65 || (bytes[first] === ZERO && count > 1) ||
      (count === LONG_DIGITS_MAX && bytes[first]! > EIGHT)
    ) return this.other(bytes, at, end);
    const middle = Math.max(first, i - LOW_DIGITS);
    const topDigits = Math.max(first, middle - LOW_DIGITS);
    let top = 0, high = 0, low = 0;
    for (let d = first; d < topDigits; d++) top = bytes[d]! - ZERO;
    for (let d = topDigits; d < middle; d++) high = (Math.imul(high, 10) + bytes[d]! - ZERO) | 0;
    for (let d = middle; d < i; d++) low = (Math.imul(low, 10) + bytes[d]! - ZERO) | 0;
    if (count <= EXACT_DIGITS_MAX) {
      const value = isNegative ? -(high * LOW_SCALE + low) : high * LOW_SCALE + low;
      if (!(value >= this.#min && value <= this.#max)) return this.other(bytes, at, end);
    }
    this.#high = top * LOW_SCALE + high;
    this.#low = low;
    this.#isNegative = isNegative;
    return this.own(i);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    // All intermediate results are below 2^53.
    const upper = Math.floor(this.#high / TWO_16) * LOW_SCALE;
    const rest = (upper % TWO_16) * TWO_16 + (this.#high % TWO_16) * LOW_SCALE + this.#low;
    let top = Math.floor(upper / TWO_16) + Math.floor(rest / TWO_32);
    let bottom = rest % TWO_32;
    if (this.#isNegative) {
      bottom = bottom === 0 ? 0 : TWO_32 - bottom;
      top = bottom === 0 ? -top : -top - 1;
    }
    rows.reserve(12);
    const { view, length } = rows;
    view.setInt32(length, 8);
    view.setInt32(length + 4, top);
    view.setUint32(length + 8, bottom);
    rows.length = length + 12;
    return true;
  }
}

const isDigit = (byte: number) => byte >= ZERO && byte <= 0x39;
