/**
 * Places in a JSON Schema, and the types of the values there.
 *
 * @module
 */
import { arrayOf, isObject, type Json, memberOf, objectOf } from "../parse_json.ts";
import { type JsonType, typeOfValue, TYPES, typesOf } from "./keywords.ts";
import { alternativesOf, dereference } from "./references.ts";

/** A schema found by a path. */
export interface Located {
  readonly path: readonly (string | number)[];
  readonly schema: Json;
}

/** The direct subschema of a member or item. */
function step(root: Json, schema: Json, name: string): { step: string | number; schema: Json } | undefined {
  const node = dereference(root, schema);
  // zod drops members of this name.
  if (!isObject(node) || name === "__proto__") return undefined;
  const property = memberOf(objectOf(node, "properties"), name);
  if (property !== undefined) return { step: name, schema: property };
  if (arrayOf(node, "required").includes(name)) return { step: name, schema: true };
  const additional = memberOf(node, "additionalProperties");
  if (isObject(additional)) return { step: name, schema: additional };
  if (typesOf(node)?.includes("array") && /^(0|[1-9]\d{0,8})$/.test(name)) {
    const item = arrayOf(node, "prefixItems")[Number(name)] ?? memberOf(node, "items");
    if (item !== undefined && item !== false) return { step: Number(name), schema: item };
  }
  for (const alternative of alternativesOf(node)) {
    const found = step(root, alternative, name);
    if (found) return found;
  }
  return undefined;
}

/** The schema at a path; `undefined` if the schema does not declare it. */
export function locate(root: Json, names: readonly string[]): Located | undefined {
  let schema = root;
  const path: (string | number)[] = [];
  for (const name of names) {
    const found = step(root, schema, name);
    if (!found) return undefined;
    path.push(found.step);
    schema = found.schema;
  }
  return { path, schema };
}

/** Names of the members that a schema declares. */
export function membersOf(root: Json, schema: Json): string[] {
  const node = dereference(root, schema);
  if (!isObject(node)) return [];
  const names = [
    ...Object.keys(objectOf(node, "properties")),
    ...arrayOf(node, "required").filter((name) => typeof name === "string"),
    ...alternativesOf(node).flatMap((each) => membersOf(root, each)),
  ];
  return [...new Set(names)];
}

/** The types of the values that a schema allows, except null. */
export function valueTypesOf(root: Json, schema: Json): ReadonlySet<JsonType> {
  const node = dereference(root, schema);
  const any = new Set<JsonType>(TYPES.filter((type) => type !== "null" && type !== "integer"));
  if (!isObject(node)) return any;
  const values = Object.hasOwn(node, "const") ? [node["const"]!] : arrayOf(node, "enum");
  const types = typesOf(node) ?? (values.length > 0 ? values.map(typeOfValue) : undefined);
  // Types that do not exist are reported elsewhere.
  const known = types?.filter((type) => TYPES.includes(type));
  let result = known && (known.length > 0 || types!.length === 0) ? new Set(known) : undefined;
  const unions = ["anyOf", "oneOf"].map((name) => arrayOf(node, name)).filter(({ length }) => length > 0);
  const alternatives = [
    ...unions.map((schemas) => new Set(schemas.flatMap((each) => [...valueTypesOf(root, each)]))),
    ...arrayOf(node, "allOf").map((each) => valueTypesOf(root, each)),
  ];
  for (const each of alternatives) {
    result = result
      ? new Set([...result].filter((type) => each.has(type) || type === "integer" && each.has("number")))
      : new Set(each);
  }
  result ??= any;
  result.delete("null");
  if (result.has("number")) result.delete("integer");
  return result;
}

/** A keyword of the schema at a place, over references and combinations. */
export function keywordOf(root: Json, schema: Json, name: string): Json | undefined {
  const node = dereference(root, schema);
  if (!isObject(node)) return undefined;
  const own = memberOf(node, name);
  if (own !== undefined) return own;
  for (const each of alternativesOf(node)) {
    const found = keywordOf(root, each, name);
    if (found !== undefined) return found;
  }
  return undefined;
}
