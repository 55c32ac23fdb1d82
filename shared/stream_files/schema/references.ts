/**
 * References within a JSON Schema.
 *
 * @module
 */
import { stepsOf } from "../mistakes.ts";
import { arrayOf, isObject, type Json, type JsonObject, memberOf } from "../parse_json.ts";

/** The schema that a local reference such as `#/$defs/money` names; `undefined` if there is none. */
export function resolve(root: Json, reference: string): Json | undefined {
  let steps: string[] | undefined;
  try {
    steps = stepsOf(decodeURIComponent(reference.slice(1)));
  } catch {
    return undefined;
  }
  let found: Json | undefined = steps && root;
  for (const step of steps ?? []) {
    found = Array.isArray(found) && /^\d+$/.test(step)
      ? found[Number(step)]
      : isObject(found)
      ? memberOf(found, step)
      : undefined;
  }
  return isObject(found) || typeof found === "boolean" ? found : undefined;
}

/** The schema itself, or the one that its `$ref` names, over all steps. */
export function dereference(root: Json, schema: Json): Json {
  for (let steps = 0; steps < 100 && isObject(schema); steps++) {
    const reference: Json | undefined = memberOf(schema, "$ref");
    if (typeof reference !== "string") return schema;
    schema = resolve(root, reference) ?? true;
  }
  return schema;
}

/** Schemas that apply to the same value. */
export const alternativesOf = (schema: JsonObject): Json[] =>
  ["anyOf", "oneOf", "allOf"].flatMap((name) => arrayOf(schema, name));

/** Whether references lead from a schema to itself without a step into the value. Validation would not end. */
export function isEndless(root: Json, start: JsonObject): boolean {
  const seen = new Set<Json>();
  const visit = (schema: Json): boolean => {
    if (!isObject(schema)) return false;
    const reference = memberOf(schema, "$ref");
    const next = alternativesOf(schema).concat(
      typeof reference === "string" ? resolve(root, reference) ?? true : [],
    );
    return next.some((each) => {
      if (each === start) return true;
      if (seen.has(each)) return false;
      seen.add(each);
      return visit(each);
    });
  };
  return visit(start);
}
