/**
 * Access to the nodes of zod's schemas, for the modules that walk them.
 *
 * @see https://zod.dev/packages/core
 * @module
 */
import type { z } from "zod";

/** Any node of a schema. */
export type Schema = z.core.$ZodType;

/** A node's definition, to be distinguished by `type`. */
export const defOf = (schema: Schema): z.core.$ZodTypes["_zod"]["def"] =>
  (schema as z.core.$ZodTypes)._zod.def;

/** Whether a node has checks, such as limits or refinements. */
export const hasChecks = (schema: Schema): boolean => (defOf(schema).checks ?? []).length > 0;

/** Adds to a check a pattern of strings that it accepts; others may be valid, too. In the definition, which copies of the schema keep. */
export function withProof<T extends z.core.$ZodCheck<string>>(check: T, proof: RegExp): T {
  Object.assign(check._zod.def, { proof });
  return check;
}

/** The schema of a `z.lazy()`. Unlike that of its getter, it is always the same one. */
export const lazyInner = (schema: Schema): Schema => (schema as z.core.$ZodLazy)._zod.innerType;
