/**
 * Schemas of numbers, exact or as doubles.
 *
 * @module
 */
import { z } from "zod";
import { Decimal, decimal, parseDecimal } from "../../types/decimal.ts";
import { type JsonObject, memberOf } from "../parse_json.ts";

/** The number's greatest multiple of 1 that is not above it, and whether it is the number itself. */
function floorOf(text: string): { floor: bigint; isWhole: boolean } {
  const { isNegative, digits: significant, magnitude } = parseDecimal(text);
  const digits = BigInt(`${isNegative ? "-" : ""}${significant || "0"}`);
  const shift = magnitude - BigInt(significant.length);
  if (shift >= 0n) return { floor: digits * 10n ** shift, isWhole: true };
  const unit = 10n ** -shift;
  const remainder = ((digits % unit) + unit) % unit;
  return { floor: (digits - remainder) / unit, isWhole: remainder === 0n };
}

const textOf = (schema: JsonObject, name: string): string | undefined => {
  const value = memberOf(schema, name);
  return value instanceof Decimal ? value.text : undefined;
};

/** Whether the unit of `multipleOf` is a whole number, as exact integers require. */
export const isWhole = (unit: Decimal): boolean => floorOf(unit.text).isWhole;

function exactInteger(schema: JsonObject): z.ZodType {
  let result = z.bigint();
  const limit = (name: string) => {
    const text = textOf(schema, name);
    return text === undefined ? undefined : floorOf(text);
  };
  const min = limit("minimum"), exclusiveMin = limit("exclusiveMinimum");
  const max = limit("maximum"), exclusiveMax = limit("exclusiveMaximum");
  const unit = limit("multipleOf");
  if (min) result = min.isWhole ? result.gte(min.floor) : result.gt(min.floor);
  if (exclusiveMin) result = result.gt(exclusiveMin.floor);
  if (max) result = result.lte(max.floor);
  if (exclusiveMax) {
    result = exclusiveMax.isWhole ? result.lt(exclusiveMax.floor) : result.lte(exclusiveMax.floor);
  }
  if (unit) result = result.multipleOf(unit.floor);
  return result;
}

function exactNumber(schema: JsonObject): z.ZodType {
  const limits = {
    min: textOf(schema, "minimum"),
    exclusiveMin: textOf(schema, "exclusiveMinimum"),
    max: textOf(schema, "maximum"),
    exclusiveMax: textOf(schema, "exclusiveMaximum"),
    multipleOf: textOf(schema, "multipleOf"),
  };
  return decimal(Object.fromEntries(Object.entries(limits).filter(([, text]) => text !== undefined)));
}

function double(schema: JsonObject, isInteger: boolean): z.ZodType {
  // Not int(), which rejects integers that a double does not represent.
  let result = isInteger ? z.number().multipleOf(1) : z.number();
  const limit = (name: string, apply: (value: number) => z.ZodNumber) => {
    const text = textOf(schema, name);
    if (text !== undefined) result = apply(Number(text));
  };
  limit("minimum", (value) => result.gte(value));
  limit("exclusiveMinimum", (value) => result.gt(value));
  limit("maximum", (value) => result.lte(value));
  limit("exclusiveMaximum", (value) => result.lt(value));
  limit("multipleOf", (value) => result.multipleOf(value));
  return result;
}

/** The schema of a number. @param isExact whether a column stores it */
export function convertNumber(schema: JsonObject, type: "integer" | "number", isExact: boolean): z.ZodType {
  if (!isExact) return double(schema, type === "integer");
  return type === "integer" ? exactInteger(schema) : exactNumber(schema);
}
