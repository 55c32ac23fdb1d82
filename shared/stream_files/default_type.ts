/**
 * The type of a column that the file does not name, and whether a named type can store the values.
 *
 * @module
 */
import { type Json } from "./parse_json.ts";
import type { JsonType } from "./schema/keywords.ts";
import { keywordOf, valueTypesOf } from "./schema/locate.ts";

const TYPE_OF_FORMAT: Readonly<Record<string, string>> = {
  uuid: "uuid",
  date: "date",
  "date-time": "timestamptz",
};

/** The column type that follows from the schema of the values. */
export function defaultType(root: Json, schema: Json): string {
  const types = valueTypesOf(root, schema);
  if (types.size !== 1) return "jsonb";
  switch ([...types][0] as JsonType) {
    case "string":
      if (keywordOf(root, schema, "contentEncoding") === "base64") return "bytea";
      return TYPE_OF_FORMAT[String(keywordOf(root, schema, "format"))] ?? "text";
    case "integer":
      return "bigint";
    case "number":
      return "double precision";
    case "boolean":
      return "boolean";
    case "array": {
      const items = keywordOf(root, schema, "items");
      if (items === undefined || keywordOf(root, schema, "prefixItems") !== undefined) return "jsonb";
      const type = defaultType(root, items);
      return type.endsWith("[]") || type === "jsonb" ? "jsonb" : `${type}[]`;
    }
    default:
      return "jsonb";
  }
}

/** Types of columns that store only some types of values; enum types and others are not listed. */
const STORES: readonly (readonly [sql: RegExp, types: readonly JsonType[]])[] = [
  [/^(smallint|int2|integer|int|int4|bigint|int8|real|float4|float8|double precision)$/, [
    "integer",
    "number",
  ]],
  [/^(numeric|decimal)(\s*\(.*\))?$/, ["integer", "number", "string"]],
  [/^(boolean|bool)$/, ["boolean"]],
  [/^(text|uuid|bytea|(varchar|character varying)(\s*\(\d+\))?)$/, ["string"]],
  [/^(date|timestamp|timestamptz)\b/, ["string", "integer", "number"]],
];

/** The types of values that a column of the type cannot store. */
export function typesNotStored(root: Json, schema: Json, sql: string): readonly JsonType[] {
  const types = [...valueTypesOf(root, schema)];
  const lower = sql.trim().toLowerCase();
  if (/^jsonb?$/.test(lower)) return [];
  const [, element] = /^(.+?)\s*\[\d*\]$/.exec(lower) ?? [];
  if (element !== undefined) {
    const items = keywordOf(root, schema, "items");
    const others = types.filter((type) => type !== "array");
    return others.length > 0 || items === undefined ? others : typesNotStored(root, items, element);
  }
  const stored = STORES.find(([pattern]) => pattern.test(lower))?.[1] ??
    ["string", "integer", "number", "boolean"];
  return types.filter((type) => !stored.includes(type));
}
