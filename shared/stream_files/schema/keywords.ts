/**
 * The keywords of JSON Schema (draft 2020-12).
 *
 * @see https://json-schema.org/draft/2020-12/json-schema-validation
 * @module
 */
import { Decimal } from "../../types/decimal.ts";
import { isObject, type Json, type JsonObject, memberOf } from "../parse_json.ts";

export const TYPES = ["string", "number", "integer", "boolean", "null", "object", "array"] as const;
export type JsonType = typeof TYPES[number];

/** A keyword's form, and the types of values that it restricts. */
export interface Keyword {
  readonly form:
    | "any"
    | "annotation"
    | "schema"
    | "schemas"
    | "schema map"
    | "count"
    | "number"
    | "text"
    | "flag"
    | "names"
    | "special";
  readonly types?: readonly JsonType[];
}

const STRING = ["string"] as const, NUMBER = ["number", "integer"] as const;
const OBJECT = ["object"] as const, ARRAY = ["array"] as const;

/** The supported keywords. */
export const KEYWORDS: Readonly<Record<string, Keyword>> = {
  $schema: { form: "special" },
  $id: { form: "special" },
  $ref: { form: "special" },
  $defs: { form: "schema map" },
  type: { form: "special" },
  enum: { form: "special" },
  const: { form: "special" },
  default: { form: "any" },
  ...Object.fromEntries(
    ["$comment", "title", "description", "examples", "deprecated", "readOnly", "writeOnly"]
      .map((name) => [name, { form: "annotation" }]),
  ),
  anyOf: { form: "schemas" },
  oneOf: { form: "schemas" },
  allOf: { form: "schemas" },
  minLength: { form: "count", types: STRING },
  maxLength: { form: "count", types: STRING },
  pattern: { form: "text", types: STRING },
  format: { form: "text", types: STRING },
  contentEncoding: { form: "text", types: STRING },
  minimum: { form: "number", types: NUMBER },
  maximum: { form: "number", types: NUMBER },
  exclusiveMinimum: { form: "number", types: NUMBER },
  exclusiveMaximum: { form: "number", types: NUMBER },
  multipleOf: { form: "number", types: NUMBER },
  properties: { form: "schema map", types: OBJECT },
  patternProperties: { form: "schema map", types: OBJECT },
  additionalProperties: { form: "schema", types: OBJECT },
  propertyNames: { form: "schema", types: OBJECT },
  required: { form: "names", types: OBJECT },
  minProperties: { form: "count", types: OBJECT },
  maxProperties: { form: "count", types: OBJECT },
  items: { form: "schema", types: ARRAY },
  prefixItems: { form: "schemas", types: ARRAY },
  contains: { form: "schema", types: ARRAY },
  minItems: { form: "count", types: ARRAY },
  maxItems: { form: "count", types: ARRAY },
  minContains: { form: "count", types: ARRAY },
  maxContains: { form: "count", types: ARRAY },
  uniqueItems: { form: "flag", types: ARRAY },
};

export const TYPESCRIPT = "Remove it, or define the stream in TypeScript (shared/streams/).";

/** Keywords that exist, but are not supported, and what to do. */
export const UNSUPPORTED: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    ["if", "then", "else", "not", "dependentRequired", "dependentSchemas", "dependencies", "unevaluatedItems"]
      .concat("unevaluatedProperties").map((name) => [name, TYPESCRIPT]),
  ),
  ...Object.fromEntries(
    ["$anchor", "$dynamicAnchor", "$dynamicRef", "$recursiveAnchor", "$recursiveRef", "$vocabulary"]
      .map((name) => [name, 'Remove it; write references as "$ref": "#/$defs/NAME".']),
  ),
  contentMediaType: "Remove it; the content is not validated.",
  contentSchema: "Remove it; the content is not validated.",
  definitions: "Write $defs, as in draft 2020-12.",
  additionalItems: "Write prefixItems and items, as in draft 2020-12.",
  id: "Write $id, as in draft 2020-12.",
  nullable: 'Add "null" to the type.',
  discriminator: "Remove it; anyOf does not need it.",
};

/** Members that every object inherits in JavaScript: zod takes them for present. */
export const INHERITED_NAMES: readonly string[] = Object.getOwnPropertyNames(Object.prototype);

/** The types that a schema's keyword `type` allows; `undefined` without the keyword. */
export function typesOf(schema: JsonObject): readonly JsonType[] | undefined {
  const type = memberOf(schema, "type");
  return type === undefined ? undefined : (Array.isArray(type) ? type : [type]) as JsonType[];
}

/** The value of a keyword that is a count; `undefined` without the keyword. */
export function countOf(schema: JsonObject, name: string): number | undefined {
  const value = memberOf(schema, name);
  return value instanceof Decimal ? Number(value.text) : undefined;
}

/** Calls a function for each direct subschema. */
export function forEachSubschema(
  schema: JsonObject,
  visit: (subschema: Json, at: readonly string[]) => void,
): void {
  for (const [name, value] of Object.entries(schema)) {
    const form = Object.hasOwn(KEYWORDS, name) ? KEYWORDS[name]!.form : undefined;
    if (form === "schema") visit(value, [name]);
    else if (form === "schemas" && Array.isArray(value)) {
      value.forEach((each, i) => visit(each, [name, `${i}`]));
    } else if (form === "schema map" && isObject(value)) {
      for (const [key, each] of Object.entries(value)) visit(each, [name, key]);
    }
  }
}

/** The JSON type of a value. */
export function typeOfValue(value: Json): JsonType {
  if (value === null) return "null";
  if (value instanceof Decimal) return Number.isInteger(Number(value.text)) ? "integer" : "number";
  return Array.isArray(value) ? "array" : typeof value as JsonType;
}
