/**
 * Generators of numbers. Without limits in the schema, they are small; they always fit the column's type.
 *
 * @module
 */
import type { z } from "zod";
import { type EpochUnit, UNITS_PER_SECOND } from "../stream.ts";
import { Decimal, type DecimalLimits } from "../types/decimal.ts";
import { type ColumnLimits, isWholeKind } from "./column_limits.ts";
import { type Constraints, constraintsOf, type Limit } from "./constraints.ts";
import type { Draw, Generate } from "./draw.ts";

/** Width of the range of numbers with at most one limit. */
const WHOLE_RANGE = 1_000_000;
const RANGE = 1_000;
/** Digits after the decimal point if neither schema nor column has a step. */
const DECIMAL_SCALE = 2;
/** Significant digits of numbers without a step. */
const PRECISION = 7;

/** A range without a limit starts at 0, and is `width` wide. */
function rangeOf(
  { min, max }: Pick<Constraints, "min" | "max">,
  width: number,
  magnitude = Infinity,
): [number, number] {
  const low = min ? Number(min.value) : max ? Math.min(0, Number(max.value) - width) : 0;
  const high = max ? Number(max.value) : low + width;
  return [Math.max(low, -magnitude), Math.min(high, magnitude)];
}

/** The least whole number within a lower limit. Negated, this is the greatest one within an upper limit. */
function firstWhole({ value, inclusive }: Limit): bigint {
  const first = typeof value === "bigint" ? value : BigInt(Math.ceil(value));
  return !inclusive && (typeof value === "bigint" || Number.isInteger(value)) ? first + 1n : first;
}

const larger = (a: bigint, b: bigint) => a > b ? a : b;

/** Generates whole numbers; the n-th key is the n-th number of the range. */
function wholeNumbers(constraints: Constraints, limits: ColumnLimits): (draw: Draw) => bigint {
  const step = BigInt(constraints.multipleOf ?? 1);
  const [low, high] = rangeOf(constraints, WHOLE_RANGE * Number(step));
  let min = firstWhole(constraints.min ?? { value: low, inclusive: true });
  let max = -firstWhole(
    constraints.max
      ? { value: -constraints.max.value, inclusive: constraints.max.inclusive }
      : { value: -high, inclusive: true },
  );
  const { integers, magnitude } = limits;
  if (magnitude !== undefined) [min, max] = clamp(min, max, BigInt(Math.floor(magnitude)));
  if (integers) [min, max] = [larger(min, integers[0]), -larger(-max, -integers[1])];
  const first = min / step + (min > 0n && min % step !== 0n ? 1n : 0n);
  // At least one, so that the schema reports an empty range.
  const count = Math.max(1, Number(max / step - first + 1n));
  return ({ random, key }) =>
    (first + BigInt(key === undefined ? Math.floor(random() * count) : key % count)) * step;
}

const clamp = (min: bigint, max: bigint, magnitude: bigint): [bigint, bigint] => [
  larger(min, -magnitude),
  -larger(-max, -magnitude),
];

/** Digits after the decimal point. */
function decimals(value: number): number {
  const [, fraction = "", exponent = "0"] = /^\d*\.?(\d*)(?:e-(\d+))?$/.exec(String(value))!;
  return fraction.length + Number(exponent);
}

/** Generates multiples of a step. */
function multiples(step: number, [min, max]: readonly [number, number]): Generate {
  const scale = decimals(step);
  const first = Math.ceil(min / step - 1e-9), last = Math.floor(max / step + 1e-9);
  const count = Math.max(1, last - first + 1);
  return ({ random, key }) =>
    Number(
      ((first + (key === undefined ? Math.floor(random() * count) : key % count)) * step).toFixed(scale),
    );
}

/** Generates the record's time as a number. */
export const epoch = (unit: EpochUnit, isWhole: boolean): Generate => ({ timestamp }) => {
  const value = timestamp * UNITS_PER_SECOND[unit];
  return isWhole || unit !== "s" ? Math.round(value) : value;
};

/** Generates doubles, as `z.number()` accepts them. */
export function number(schema: z.core.$ZodType, limits: ColumnLimits): Generate {
  const constraints = constraintsOf(schema);
  const { isWhole, multipleOf } = constraints;
  const isMultiple = multipleOf !== undefined && !Number.isInteger(Number(multipleOf));
  if (!isMultiple && (isWhole || isWholeKind(limits) || multipleOf !== undefined)) {
    const whole = wholeNumbers(constraints, limits);
    return (draw) => Number(whole(draw));
  }
  const range = rangeOf(constraints, RANGE, limits.magnitude);
  if (isMultiple) return multiples(Number(multipleOf), range);
  if (limits.kind === "numeric") return multiples(10 ** -(limits.scale ?? DECIMAL_SCALE), range);
  const [low, high] = range;
  return ({ random }) => Number((low + random() * (high - low)).toPrecision(PRECISION));
}

/** Generates `bigint`s, as `z.bigint()` accepts them. */
export const bigint = (schema: z.core.$ZodType, limits: ColumnLimits): Generate =>
  wholeNumbers(constraintsOf(schema), limits);

/** Generates decimal numbers with the column's scale, or that of `multipleOf`. */
export function decimalNumber(
  { min, max, exclusiveMin, exclusiveMax, multipleOf }: DecimalLimits,
  limits: ColumnLimits,
): Generate {
  const limit = (name: "min" | "max", text: string | undefined) =>
    text === undefined ? {} : { [name]: { value: Number(text), inclusive: true } };
  const isWhole = isWholeKind(limits) || limits.scale === 0;
  const range = rangeOf(
    { ...limit("min", min ?? exclusiveMin), ...limit("max", max ?? exclusiveMax) },
    isWhole ? WHOLE_RANGE : RANGE,
    limits.integers ? Number(limits.integers[1]) : limits.magnitude,
  );
  const scale = isWhole ? 0 : limits.scale ?? DECIMAL_SCALE;
  const step = multipleOf === undefined ? 10 ** -scale : Number(multipleOf);
  const generate = multiples(step, range) as (draw: Draw) => number;
  const digits = multipleOf === undefined ? scale : decimals(step);
  return (draw) => new Decimal(generate(draw).toFixed(digits));
}
