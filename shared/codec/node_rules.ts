/**
 * What a node of a schema accepts, if all of its checks are known. The list of nodes and checks is closed: everything else is left to the
 * schema itself.
 *
 * @module
 */
import { decimalLimits } from "../types/decimal.ts";
import { defOf, hasChecks, type Schema } from "../zod_node.ts";

/** Any check's definition. */
interface CheckDef {
  readonly check: string;
  readonly format?: string;
  readonly value?: unknown;
  readonly inclusive?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly length?: number;
  readonly pattern?: RegExp;
  readonly offset?: boolean;
  readonly local?: boolean;
  readonly precision?: number | null;
  readonly version?: string;
  readonly proof?: RegExp;
}

/** The checks of a node. Formats such as `z.int32()` are a node and a check at once. */
function checksOf(schema: Schema): CheckDef[] {
  const def = defOf(schema);
  const own = "check" in def ? [def as unknown as CheckDef] : [];
  return [...own, ...(def.checks ?? []).map((check) => check._zod.def as unknown as CheckDef)];
}

const isCoerced = (schema: Schema) => (defOf(schema) as { coerce?: boolean }).coerce === true;

/** Limits of numbers, inclusive. */
export interface NumberRules {
  readonly min: number;
  readonly max: number;
  readonly isInteger: boolean;
}

const float = new Float64Array(1);
const floatBits = new BigInt64Array(float.buffer);

/** The next double above a finite one. */
export function nextUp(value: number): number {
  if (value === 0) return Number.MIN_VALUE;
  float[0] = value;
  floatBits[0]! += value > 0 ? 1n : -1n;
  return float[0]!;
}

/** Ranges of zod's number formats. */
const RANGES: Readonly<Record<string, readonly [number, number]>> = {
  safeint: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  int32: [-2_147_483_648, 2_147_483_647],
  uint32: [0, 4_294_967_295],
  float64: [-Number.MAX_VALUE, Number.MAX_VALUE],
};

/** The rules of a `z.number()`; `undefined` if it is none or has other checks. */
export function numberRules(schema: Schema): NumberRules | undefined {
  if (defOf(schema).type !== "number" || isCoerced(schema)) return undefined;
  let min = -Number.MAX_VALUE, max = Number.MAX_VALUE, isInteger = false;
  for (const { check, format, value, inclusive } of checksOf(schema)) {
    if (check === "number_format") {
      const range = RANGES[format!];
      if (!range) return undefined;
      isInteger ||= format !== "float64";
      min = Math.max(min, range[0]);
      max = Math.min(max, range[1]);
    } else if (check === "multiple_of" && value === 1) isInteger = true;
    else if (check === "greater_than" && Number.isFinite(value)) {
      min = Math.max(min, inclusive ? value as number : nextUp(value as number));
    } else if (check === "less_than" && Number.isFinite(value)) {
      max = Math.min(max, inclusive ? value as number : -nextUp(-(value as number)));
    } else return undefined;
  }
  return { min, max, isInteger };
}

/** Limits of whole numbers, inclusive. */
export interface BigintRules {
  readonly min: bigint | undefined;
  readonly max: bigint | undefined;
}

/** The rules of a `z.bigint()`; `undefined` if it is none or has other checks. */
export function bigintRules(schema: Schema): BigintRules | undefined {
  if (defOf(schema).type !== "bigint" || isCoerced(schema)) return undefined;
  let min: bigint | undefined, max: bigint | undefined;
  for (const { check, format, value, inclusive } of checksOf(schema)) {
    if (check === "bigint_format" && format === "int64") {
      min = maxOf(min, -(2n ** 63n));
      max = minOf(max, 2n ** 63n - 1n);
    } else if (check === "greater_than" && typeof value === "bigint") {
      min = maxOf(min, inclusive ? value : value + 1n);
    } else if (check === "less_than" && typeof value === "bigint") {
      max = minOf(max, inclusive ? value : value - 1n);
    } else return undefined;
  }
  return { min, max };
}

const maxOf = (a: bigint | undefined, b: bigint) => a === undefined || b > a ? b : a;
const minOf = (a: bigint | undefined, b: bigint) => a === undefined || b < a ? b : a;

/** Longest limit whose comparison as a double is exact. */
const EXACT_DIGITS_MAX = 15;

/** Limits of decimals with at most 15 digits. */
export interface DecimalRules {
  readonly min: number;
  readonly max: number;
  /** Number of digits after the point, without trailing zeros: the rule of `multipleOf: 0.01`. */
  readonly scale: number;
}

/** The rules of a `decimal()`; `undefined` if it is none, or its limits are not exact as doubles. */
export function decimalRules(schema: Schema): DecimalRules | undefined {
  const limits = decimalLimits(schema);
  // The first check is that of decimal() itself.
  if (!limits || hasChecks(schema)) return undefined;
  const { min, max, exclusiveMin, exclusiveMax, multipleOf } = limits;
  const texts = [min, max, exclusiveMin, exclusiveMax].filter((text) => text !== undefined);
  if (texts.some((text) => text.length > EXACT_DIGITS_MAX || /e/i.test(text))) return undefined;
  let scale = Infinity;
  if (multipleOf !== undefined) {
    const [, zeros] = /^(?:0\.(0*)1|1)$/.exec(multipleOf) ?? [];
    if (!/^(?:0\.0*1|1)$/.test(multipleOf)) return undefined;
    scale = zeros === undefined ? 0 : zeros.length + 1;
  }
  return {
    min: Math.max(
      min === undefined ? -Infinity : Number(min),
      exclusiveMin === undefined ? -Infinity : nextUp(Number(exclusiveMin)),
    ),
    max: Math.min(
      max === undefined ? Infinity : Number(max),
      exclusiveMax === undefined ? Infinity : -nextUp(-Number(exclusiveMax)),
    ),
    scale,
  };
}

/** Formats whose check is their pattern, nothing else. */
const PATTERN_FORMATS: ReadonlySet<string> = new Set([
  "regex",
  "email",
  "uuid",
  "guid",
  "datetime",
  "date",
  "duration",
  "ipv4",
]);

/** Formats that {@link StringRules} distinguish. */
const KNOWN_FORMATS: ReadonlySet<string> = new Set(["uuid", "guid", "datetime", "date"]);

/** Limits of strings. Lengths are in code points, as zod counts them. */
export interface StringRules {
  readonly minLength: number;
  readonly maxLength: number;
  readonly patterns: readonly RegExp[];
  /** `datetime`: of ISO 8601; `isOffsetAllowed`: other than `Z`. */
  readonly format: "none" | "uuid" | "guid" | "datetime" | "date" | "other";
  readonly isOffsetAllowed: boolean;
  /** Whether a `datetime` may have any number of digits of seconds. */
  readonly isAnyPrecision: boolean;
}

/** The rules of a `z.string()`; `undefined` if it is none or has other checks. */
export function stringRules(schema: Schema): StringRules | undefined {
  if (defOf(schema).type !== "string" || isCoerced(schema)) return undefined;
  let minLength = 0, maxLength = Infinity;
  const patterns: RegExp[] = [];
  let format: StringRules["format"] = "none";
  let isOffsetAllowed = false, isAnyPrecision = false;
  for (const def of checksOf(schema)) {
    switch (def.check) {
      case "min_length":
        minLength = Math.max(minLength, def.minimum!);
        break;
      case "max_length":
        maxLength = Math.min(maxLength, def.maximum!);
        break;
      case "length_equals":
        minLength = Math.max(minLength, def.length!);
        maxLength = Math.min(maxLength, def.length!);
        break;
      case "string_format": {
        if (!PATTERN_FORMATS.has(def.format!) || !def.pattern) return undefined;
        patterns.push(def.pattern);
        const isKnown = KNOWN_FORMATS.has(def.format!) && def.version === undefined;
        const known = isKnown ? def.format as StringRules["format"] : "other";
        format = format === "none" ? known : "other";
        isOffsetAllowed = def.offset === true;
        isAnyPrecision = def.precision === null || def.precision === undefined;
        break;
      }
      default:
        // Strings that do not match are left to the schema.
        if (!def.proof) return undefined;
        patterns.push(def.proof);
        format = "other";
    }
  }
  return { minLength, maxLength, patterns, format, isOffsetAllowed, isAnyPrecision };
}

/** Whether strings of any length are valid. */
export const hasAnyLength = (rules: StringRules): boolean =>
  rules.minLength === 0 && rules.maxLength === Infinity;

/** The strings that an enum or a literal accepts; `undefined` if it is none, or accepts other values. */
export function stringOptions(schema: Schema): string[] | undefined {
  const def = defOf(schema);
  if (hasChecks(schema)) return undefined;
  const values = def.type === "enum"
    ? Object.values(def.entries)
    : def.type === "literal"
    ? [...def.values]
    : undefined;
  return values?.every((value) => typeof value === "string") ? values : undefined;
}
