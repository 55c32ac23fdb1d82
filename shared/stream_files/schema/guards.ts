/**
 * Keywords of arrays and objects that zod has no schema for. They are checks of the whole value.
 *
 * @module
 */
import { z } from "zod";
import { Decimal, parseDecimal } from "../../types/decimal.ts";

/** A number's text that is the same for equal numbers. */
function canonicalNumber(text: string): string {
  const { isNegative, digits, magnitude } = parseDecimal(text);
  return digits === "" ? "0" : `${isNegative ? "-" : ""}${digits}e${magnitude}`;
}

/** A text that is the same for equal JSON values. */
function canonical(value: unknown): string {
  if (value instanceof Decimal) return canonicalNumber(value.text);
  if (typeof value === "bigint" || typeof value === "number") {
    return canonicalNumber(String(value));
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).sort(([a], [b]) => a < b ? -1 : 1);
  return `{${members.map(([name, each]) => `${JSON.stringify(name)}:${canonical(each)}`).join(",")}}`;
}

/** `uniqueItems`: no two items are equal. */
export const withUniqueItems = (array: z.ZodType): z.ZodType =>
  array.refine(
    (items) => new Set((items as unknown[]).map(canonical)).size === (items as unknown[]).length,
    "items are not unique",
  );

/** `contains`: the number of items that are valid. */
export const withContains = (array: z.ZodType, item: z.ZodType, min: number, max: number): z.ZodType =>
  array.refine((items) => {
    const count = (items as unknown[]).filter((each) => item.safeParse(each).success).length;
    return count >= min && count <= max;
  }, `the number of items that match "contains" is not from ${min} to ${max}`);

/** Restrictions of all members of an object. */
export interface ObjectGuards {
  readonly min?: number;
  readonly max?: number;
  /** Schema of the names. */
  readonly names?: z.ZodType;
  readonly patterns: readonly (readonly [name: RegExp, schema: z.ZodType])[];
  /** Names that `properties` has. */
  readonly declared: ReadonlySet<string>;
  /** Schema of members with other names. */
  readonly others?: z.ZodType;
}

/** Why the members violate the guards. */
function guardProblem(value: object, guards: ObjectGuards): string | undefined {
  const members = Object.entries(value);
  if (members.length < (guards.min ?? 0)) return `has fewer than ${guards.min} members`;
  if (members.length > (guards.max ?? Infinity)) return `has more than ${guards.max} members`;
  for (const [name, member] of members) {
    const shown = JSON.stringify(name);
    if (guards.names && !guards.names.safeParse(name).success) return `the name ${shown} is invalid`;
    const schemas = guards.patterns.filter(([pattern]) => pattern.test(name)).map(([, schema]) => schema);
    if (schemas.length === 0 && !guards.declared.has(name) && guards.others) schemas.push(guards.others);
    for (const schema of schemas) {
      const issue = schema.safeParse(member).error?.issues[0];
      if (issue) return `member ${shown}: ${issue.message}`;
    }
  }
  return undefined;
}

/** A refinement, which cannot change the value. @param object must keep unknown members */
export const withGuards = (object: z.ZodType, guards: ObjectGuards): z.ZodType =>
  object.refine((value) => guardProblem(value as object, guards) === undefined, {
    error: ({ input }) => guardProblem(input as object, guards) ?? "is invalid",
  });
