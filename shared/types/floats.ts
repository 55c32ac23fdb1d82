/**
 * real and double precision.
 *
 * @module
 */
import { kindOf, shown, type WriteValue } from "./column_type.ts";
import { compareDecimals, decimalText } from "./decimal.ts";

/** The value as the nearest double; ±Infinity if it is out of range; `undefined` if it is no number. */
function doubleOf(value: unknown): number | undefined {
  if (typeof value === "number") return value;
  const text = decimalText(value);
  return text === undefined ? undefined : Number(text);
}

/** Converts numbers, bigint, Decimal and decimal texts to double precision, rounded to nearest. */
export const writeDouble: WriteValue = (value, row) => {
  const double = doubleOf(value);
  if (double === undefined) return `expected a number, received ${kindOf(value)}`;
  if (!Number.isFinite(double)) return `out of range for double precision: ${shown(value)}`;
  row.reserve(12);
  row.view.setInt32(row.length, 8);
  row.view.setFloat64(row.length + 4, double);
  row.length += 12;
  return undefined;
};

/** The exact value of a double as a decimal text. */
function exactText(double: number): string {
  let mantissa = double;
  let exponent = 0;
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2;
    exponent++;
  }
  // m / 2^e = m × 5^e / 10^e
  return `${BigInt(mantissa) * 5n ** BigInt(exponent)}e-${exponent}`;
}

const float = new Float32Array(1);
const floatBits = new Int32Array(float.buffer);

/** The neighbor of a finite real in the direction of a double. */
function neighbor(real: number, direction: number): number {
  float[0] = real;
  if (real === 0) return direction < 0 ? -(2 ** -149) : 2 ** -149;
  floatBits[0]! += (direction > real) === (real > 0) ? 1 : -1;
  return float[0]!;
}

/**
 * Rounds a decimal to the nearest real. Rounding to a double first can end exactly between two reals although the decimal is not there;
 * then the digits decide.
 */
function nearestReal(text: string, double: number): number {
  const real = Math.fround(double);
  if (real === double || !Number.isFinite(double) || !Number.isFinite(real)) return real;
  const other = neighbor(real, double);
  if (!Number.isFinite(other) || (real + other) / 2 !== double) return real;
  const order = compareDecimals(text, exactText(double));
  if (order === 0) return real;
  return order > 0 ? Math.max(real, other) : Math.min(real, other);
}

/** Converts numbers, bigint, Decimal and decimal texts to real, rounded to nearest. */
export const writeReal: WriteValue = (value, row) => {
  const double = doubleOf(value);
  if (double === undefined) return `expected a number, received ${kindOf(value)}`;
  const real = typeof value === "number" ? Math.fround(value) : nearestReal(String(value), double);
  if (!Number.isFinite(real)) return `out of range for real: ${shown(value)}`;
  row.int32(4);
  row.float32(real);
  return undefined;
};
