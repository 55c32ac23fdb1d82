/**
 * The node within wrappers that only add null, absence or a default to what it accepts.
 *
 * @module
 */
import { defOf, hasChecks, type Schema } from "../../zod_node.ts";

/** What the absence of a member is: invalid, an absent output, or to be decided by the schema for each record (a default). */
export type Absence = "invalid" | "null" | "schema";

/** The absence of a member. */
export function absenceOf(schema: Schema): Absence {
  const { isOptional, hasDefault } = nullableInner(schema);
  if (isOptional && !hasDefault) return "null";
  if (hasDefault) return "schema";
  return schema._zod.optin === undefined ? "invalid" : "schema";
}

/** A node and what its wrappers add. */
export interface Unwrapped {
  readonly inner: Schema;
  /** Whether null is valid, and its own output. */
  readonly isNullable: boolean;
  /** Whether the value may be absent, and its output is then absent. */
  readonly isOptional: boolean;
  /** Whether a default replaces an absent value. */
  readonly hasDefault: boolean;
}

/** Removes wrappers. A wrapper with checks of its own stays. */
export function nullableInner(schema: Schema): Unwrapped {
  let inner = schema;
  let isNullable = false, isOptional = false, hasDefault = false;
  while (!hasChecks(inner)) {
    const def = defOf(inner);
    if (def.type === "nullable") isNullable = true;
    // What is within a default does not matter for absent values.
    else if (def.type === "optional") isOptional ||= !hasDefault;
    else if (def.type === "default" || def.type === "prefault") hasDefault = true;
    // z.xor() rejects null if both options accept it.
    else if (def.type === "union" && def.inclusive !== false && def.options.length === 2) {
      const other = def.options.find((option) => defOf(option).type !== "null");
      if (!other || !def.options.some((option) => defOf(option).type === "null" && !hasChecks(option))) break;
      isNullable = true;
      inner = other;
      continue;
    } else break;
    inner = def.innerType;
  }
  return { inner, isNullable, isOptional, hasDefault };
}
