/**
 * The type of a column that the file does not name, and whether a named type can store the values.
 *
 * @module
 */
import type { Json } from "./parse_json.ts";
import type { ScalarKind, TypeDescriptor } from "../types/type_descriptor.ts";
import { type JsonType, TYPES } from "./schema/keywords.ts";
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
      // A unit such as 0.01 is that of exact numbers.
      return keywordOf(root, schema, "multipleOf") === undefined ? "double precision" : "numeric";
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

const NUMBERS = ["integer", "number", "string"] as const;
const TEXTS = ["string"] as const;
const TIMES = ["string", "integer", "number"] as const;

/** The types of values that each type of a column can store. Numbers can be decimal texts. */
const STORES: Readonly<Record<ScalarKind, readonly JsonType[]>> = {
  smallint: NUMBERS,
  integer: NUMBERS,
  bigint: NUMBERS,
  real: NUMBERS,
  "double precision": NUMBERS,
  numeric: NUMBERS,
  boolean: ["boolean"],
  text: TEXTS,
  "character varying": TEXTS,
  character: TEXTS,
  uuid: TEXTS,
  bytea: TEXTS,
  enum: TEXTS,
  date: TIMES,
  "timestamp without time zone": TIMES,
  "timestamp with time zone": TIMES,
  json: TYPES,
  jsonb: TYPES,
};

/** The types of values that a column cannot store although the schema allows them. */
export function typesNotStored(
  root: Json,
  schema: Json,
  { kind, element }: TypeDescriptor,
): readonly JsonType[] {
  const types = [...valueTypesOf(root, schema)];
  if (kind !== "array") return types.filter((type) => !STORES[kind].includes(type));
  const items = keywordOf(root, schema, "items");
  const others = types.filter((type) => type !== "array");
  return others.length > 0 || items === undefined ? others : typesNotStored(root, items, element!);
}

/** The labels of an enum column: the texts that the schema allows; `undefined` if it does not list them. */
export function labelsOf(
  root: Json,
  schema: Json,
  { kind, element }: TypeDescriptor,
): readonly Json[] | undefined {
  if (kind === "array") return labelsOf(root, keywordOf(root, schema, "items") ?? true, element!);
  const values = keywordOf(root, schema, "enum") ?? keywordOf(root, schema, "const");
  return Array.isArray(values) ? values : values === undefined ? undefined : [values];
}
