/**
 * The checks of a zod schema's node, for generators of values.
 *
 * @module
 */
import type { z } from "zod";

/** A definition of zod, with the properties of all nodes and checks. */
export type Definition = {
  readonly type: string;
  readonly check?: string;
  readonly checks?: readonly { readonly _zod: { readonly def: Definition } }[];
  // deno-lint-ignore no-explicit-any -- zod has one type per kind of node
} & Readonly<Record<string, any>>;

export const definitionOf = (schema: z.core.$ZodType): Definition => schema._zod.def as unknown as Definition;

/** A limit of numbers. */
export interface Limit {
  readonly value: number | bigint;
  readonly inclusive: boolean;
}

/** Limits of numbers, lengths and sizes, and formats of texts. */
export interface Constraints {
  readonly min?: Limit;
  readonly max?: Limit;
  readonly multipleOf?: number | bigint;
  /** Whole numbers only. */
  readonly isWhole: boolean;
  readonly minLength: number;
  readonly maxLength: number;
  /** Definitions of the string formats: email, regex, starts_with … */
  readonly formats: readonly Definition[];
}

/** Collects the checks of a node. A format such as `z.uuid()` or `z.int()` is the node itself. */
export function constraintsOf(schema: z.core.$ZodType): Constraints {
  const definition = definitionOf(schema);
  const all = [
    ...definition.check === undefined ? [] : [definition],
    ...(definition.checks ?? []).map(({ _zod }) => _zod.def),
  ];
  const valuesOf = (...names: readonly string[]) =>
    all.filter(({ check }) => check !== undefined && names.includes(check));
  const limit = (name: string, isBetter: (a: Limit, b: Limit) => boolean) =>
    (valuesOf(name) as unknown as Limit[])
      .reduce<Limit | undefined>((a, b) => a === undefined || isBetter(b, a) ? b : a, undefined);
  const min = limit("greater_than", (a, b) => a.value > b.value);
  const max = limit("less_than", (a, b) => a.value < b.value);
  const multipleOf = valuesOf("multiple_of").at(-1)?.value as number | bigint | undefined;
  const lengths = (name: string, property: string) =>
    valuesOf(name, "length_equals").map((at) => (at[property] ?? at["length"]) as number);
  return {
    ...min !== undefined && { min },
    ...max !== undefined && { max },
    ...multipleOf !== undefined && { multipleOf },
    isWhole: valuesOf("number_format").some(({ format }) => !String(format).startsWith("float")),
    minLength: Math.max(0, ...lengths("min_length", "minimum")),
    maxLength: Math.min(Infinity, ...lengths("max_length", "maximum")),
    formats: valuesOf("string_format"),
  };
}
