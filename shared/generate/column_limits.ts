/**
 * The values that a column's declared type can hold, as far as generated records need it.
 *
 * @module
 */

/** Families of types that share a format of their values. */
export type Family =
  | "integer"
  | "numeric"
  | "float"
  | "boolean"
  | "text"
  | "uuid"
  | "date"
  | "time"
  | "timestamp"
  | "timestamptz"
  | "bytea"
  | "json"
  | "other";

export interface ColumnLimits {
  readonly family: Family;
  /** Range of whole numbers. */
  readonly integers?: readonly [min: bigint, max: bigint];
  /** Greatest absolute value of a number. */
  readonly magnitude?: number;
  /** Digits after the decimal point. */
  readonly scale?: number;
  /** In characters. */
  readonly maxLength?: number;
}

const integers = (bits: number): ColumnLimits => ({
  family: "integer",
  integers: [-(2n ** BigInt(bits - 1)), 2n ** BigInt(bits - 1) - 1n],
});
const family = (family: Family) => (): ColumnLimits => ({ family });
const text = (length: number | undefined): ColumnLimits => ({
  family: "text",
  ...length !== undefined && { maxLength: length },
});

/** By name of the type; the arguments are its modifiers, such as precision and scale. */
const TYPES: readonly (readonly [names: string, limits: (...modifiers: number[]) => ColumnLimits])[] = [
  ["smallint int2", () => integers(16)],
  ["integer int int4", () => integers(32)],
  ["bigint int8", () => integers(64)],
  ["real float4", () => ({ family: "float", magnitude: 3.4e38 })],
  ["double_precision float8 float", family("float")],
  [
    "numeric decimal",
    (precision, scale = 0) =>
      precision === undefined
        ? { family: "numeric" }
        : { family: "numeric", scale, magnitude: (10 ** precision - 1) / 10 ** scale },
  ],
  ["boolean bool", family("boolean")],
  ["text", () => text(undefined)],
  ["varchar character_varying", text],
  ["char character bpchar", (length = 1) => text(length)],
  ["uuid", family("uuid")],
  ["date", family("date")],
  ["time time_without_time_zone", family("time")],
  ["timestamp timestamp_without_time_zone", family("timestamp")],
  ["timestamptz timestamp_with_time_zone", family("timestamptz")],
  ["bytea", family("bytea")],
  ["json jsonb", family("json")],
];

/**
 * The limits of a type as in `CREATE TABLE`.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.equal(columnLimits("varchar(20)").maxLength, 20);
 * assert.equal(columnLimits("numeric(4,2)").magnitude, 99.99);
 * ```
 */
export function columnLimits(type: string): ColumnLimits {
  const modifiers = [...(/\(([\d\s,]*)\)/.exec(type)?.[1] ?? "").matchAll(/\d+/g)].map(Number);
  const name = type.toLowerCase().replace(/\([^)]*\)/, "").trim().replaceAll(/\s+/g, "_");
  const found = TYPES.find(([names]) => names.split(" ").includes(name));
  return found ? found[1](...modifiers) : { family: "other" };
}

/** The type of an array's elements; `undefined` if the type is not an array. */
export const elementType = (type: string): string | undefined => /^(.*?)(\s*\[\d*\])+$/.exec(type)?.[1];
