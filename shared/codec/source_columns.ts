/**
 * Decides which columns of type `json` or `jsonb` store the bytes of the record instead of the schema's output: those whose schema cannot
 * change the value.
 *
 * @module
 */
import { decimalLimits } from "../types/decimal.ts";
import { defOf, lazyInner, type Schema } from "../zod_node.ts";

/** Checks that cannot change the value. A check of unknown kind, such as a function that receives the payload, may. */
const CONSTANT_CHECKS: ReadonlySet<string> = new Set([
  "less_than",
  "greater_than",
  "multiple_of",
  "number_format",
  "bigint_format",
  "max_size",
  "min_size",
  "size_equals",
  "max_length",
  "min_length",
  "length_equals",
]);

/** Whether all checks of a node leave the value as it is. */
function hasConstantChecks(schema: Schema): boolean {
  return (defOf(schema).checks ?? []).every((check) => {
    const { check: kind } = check._zod.def;
    if (kind === "string_format") return (check._zod.def as { format?: string }).format !== "url";
    // .refine() has a function of the value; .superRefine() and .check() may assign another one.
    return CONSTANT_CHECKS.has(kind) || (kind === "custom" && "fn" in check._zod.def);
  });
}

/** Whether the output of the schema always equals its input. */
export function isIdentity(schema: Schema, visiting = new Set<Schema>()): boolean {
  // A recursive schema is the identity if the rest of it is.
  if (visiting.has(schema)) return true;
  visiting.add(schema);
  const every = (schemas: readonly Schema[]) => schemas.every((inner) => isIdentity(inner, visiting));
  if (decimalLimits(schema) !== undefined) return true;
  const def = defOf(schema);
  if (!hasConstantChecks(schema) || "coerce" in def && def.coerce) return false;
  switch (def.type) {
    case "any":
    case "unknown":
    case "number":
    case "bigint":
    case "boolean":
    case "null":
    case "never":
    case "literal":
    case "enum":
      return true;
    case "string":
      return !("format" in def) || def.format !== "url";
    case "optional":
    case "nullable":
    case "nonoptional":
    case "readonly":
      return every([def.innerType]);
    case "lazy":
      return every([lazyInner(schema)]);
    case "array":
      return every([def.element]);
    case "tuple":
      return every([...def.items, ...(def.rest ? [def.rest] : [])]);
    case "record":
      return every([def.keyType, def.valueType]);
    case "union":
      return every(def.options);
    case "intersection":
      return every([def.left, def.right]);
    case "object":
      // Without a catchall, unknown members are removed.
      return def.catchall !== undefined && every([...Object.values(def.shape), def.catchall]);
    default:
      return false;
  }
}

/** The schema of the value at a path; `undefined` if something above it may change the value. */
function schemaAt(schema: Schema, path: readonly (string | number)[]): Schema | undefined {
  if (!hasConstantChecks(schema)) return undefined;
  const def = defOf(schema);
  const [step, ...rest] = path;
  switch (def.type) {
    case "optional":
    case "nullable":
    // If the value is absent, the default is stored.
    case "default":
    case "prefault":
      return schemaAt(def.innerType, path);
  }
  if (step === undefined) return schema;
  let next: Schema | undefined | null;
  if (def.type === "object") next = Object.hasOwn(def.shape, step) ? def.shape[step] : def.catchall;
  else if (def.type === "array") next = def.element;
  else if (def.type === "tuple") next = def.items[Number(step)] ?? def.rest;
  else if (def.type === "unknown" || def.type === "any") return schema;
  return next ? schemaAt(next, rest) : undefined;
}

/** Whether a column stores the bytes of the record. @param sql the column's type */
export function storesSource(schema: Schema, path: readonly (string | number)[], sql: string): boolean {
  if (sql !== "json" && sql !== "jsonb") return false;
  const at = schemaAt(schema, path);
  return at !== undefined && isIdentity(at);
}
