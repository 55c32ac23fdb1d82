/**
 * The format of a stream file, `res/streams/NAME.json`. `res/stream.schema.json` is generated from it.
 *
 * @module
 */
import { z } from "zod";
import { METADATA } from "../stream.ts";
import { suggestion } from "../settings/suggestion.ts";
import { type Mistakes, pointerTo } from "./mistakes.ts";
import { isObject, type Json, objectOf } from "./parse_json.ts";

const COLUMN = z.strictObject({
  type: z.string().min(1).optional().describe(
    "PostgreSQL type as in CREATE TABLE, such as numeric(12,2), text[] or the name of an enum type; default: derived from the schema",
  ),
  path: z.string().optional().describe(
    "JSON pointer of the member, such as /customer/name; empty: the whole record; default: the property with the column's name",
  ),
  aliases: z.array(z.string()).min(1).optional().describe(
    "Other names of the first property of the path, used if that is absent",
  ),
  epoch: z.enum(["s", "ms", "us", "ns"]).optional().describe(
    "For dates and timestamps: the unit of numbers since 1970-01-01 00:00 UTC",
  ),
  timeZone: z.string().min(1).optional().describe(
    "For timestamptz: the IANA time zone of texts without an offset, such as Europe/Berlin, or their offset, such as +02:00",
  ),
  metadata: z.enum(METADATA).optional().describe(
    "The property of the Kafka record to store, instead of a member of its value",
  ),
});

const WRITE = z.strictObject({
  mode: z.enum(["append", "upsert"]).describe(
    "append: each record is a new row; upsert: the row of its key is replaced",
  ),
  key: z.array(z.string()).min(1).optional().describe(
    "For upsert: names of the key columns, which have a unique index",
  ),
  tombstones: z.enum(["delete", "reject", "ignore"]).optional().describe(
    "For upsert: what a record without a value means",
  ),
});

/** The file as it is written. */
const STREAM_FILE = z.strictObject({
  $schema: z.string().optional().describe("For editors: ../stream.schema.json"),
  about: z.string().min(1).describe("Description in one line"),
  topic: z.string().optional().describe(
    "Name of the topic without KAFKA_TOPIC_PREFIX; default: the name of the file",
  ),
  table: z.string().optional().describe(
    'Name of the table as in SQL: orders, sales.orders, "Sales"."Order Items"; default: the name of the file',
  ),
  format: z.enum(["json", "text", "bytes"]).optional().describe(
    'Format of the record\'s value: json (default), or text or bytes without a schema, for a column with the path ""',
  ),
  schema: z.unknown().optional().meta({
    description: "JSON Schema (draft 2020-12) of a record; default: any JSON value",
    // For completion in editors.
    $ref: "https://json-schema.org/draft/2020-12/schema",
  }),
  columns: z.record(z.string(), COLUMN).optional().describe(
    "Columns by name, in the order of the table (names that are numbers first); default: the properties of the schema, with names in snake_case",
  ),
  key: z.string().optional().describe(
    "Column whose value is the Kafka key of generated records; default: no key",
  ),
  write: WRITE.optional().describe("How records are written; default: append"),
  consumeOnly: z.boolean().optional().describe("The producer does not generate records of this stream"),
});

export type StreamFile = z.output<typeof STREAM_FILE>;
export type FileColumn = z.output<typeof COLUMN>;

/** JSON Schema of the format, for editors. */
export const jsonSchemaOfFormat = (): object => ({ title: "Stream file", ...z.toJSONSchema(STREAM_FILE) });

/** The schema of the value at a path of the file; `undefined` outside the format. */
function schemaAt(path: readonly PropertyKey[]): z.ZodType | undefined {
  let node: z.ZodType | undefined = STREAM_FILE;
  for (const step of path) {
    if (node instanceof z.ZodOptional) node = node.unwrap() as z.ZodType;
    if (node instanceof z.ZodObject) node = node.shape[String(step)] as z.ZodType | undefined;
    else if (node instanceof z.ZodRecord) node = node.valueType as z.ZodType;
    else if (!(node instanceof z.ZodArray)) return undefined;
  }
  return node;
}

/** Names of the members of an object; `undefined` for other schemas. */
function namesIn(node: z.ZodType | undefined): string[] | undefined {
  const object = node instanceof z.ZodOptional ? node.unwrap() : node;
  return object instanceof z.ZodObject ? Object.keys(object.shape) : undefined;
}

/**
 * Checks the file without its JSON Schema and the relations between its members.
 *
 * @returns the file without what is invalid, so that the rest can be checked; `undefined` if it is not an object
 */
export function checkFormat(file: Json, mistakes: Mistakes): StreamFile | undefined {
  // zod drops members of this name.
  if (isObject(file) && Object.hasOwn(objectOf(file, "columns"), "__proto__")) {
    mistakes.add("/columns/__proto__", "a column cannot have this name", "Choose another name.");
  }
  const result = STREAM_FILE.safeParse(file, { reportInput: true });
  if (result.success) return result.data;
  let valid: Json = file;
  for (const issue of result.error.issues) {
    const pointer = issue.path.map(String).reduce(pointerTo, "");
    const node = schemaAt(issue.path);
    if (issue.code === "unrecognized_keys") {
      const known = namesIn(node) ?? [];
      for (const key of issue.keys) {
        const remedy = suggestion(key, known) || `Remove it; the members here are ${known.join(", ")}.`;
        mistakes.add(pointerTo(pointer, key), "unknown member", remedy);
        valid = without(valid, [...issue.path, key]);
      }
      continue;
    }
    mistakes.add(pointer, causeOf(issue), remedyOf(issue, node));
    if (pointer !== "") mistakes.ignore(pointer);
    valid = without(valid, issue.path);
  }
  const about = "?";
  return STREAM_FILE.safeParse(isObject(valid) ? { about, ...valid } : valid).data;
}

/** The cause in terms of JSON. */
function causeOf({ code, message }: z.core.$ZodIssue): string {
  if (code === "too_small") return "is empty";
  if (code === "invalid_type" && message.endsWith("received undefined")) return "is missing";
  return message.replace(/^Invalid (input|option): /, "")
    .replace("received Decimal", "received number")
    .replace("expected record", "expected object");
}

function remedyOf(issue: z.core.$ZodIssue, node: z.ZodType | undefined): string {
  const values = issue.code === "invalid_value" ? issue.values.map(String) : [];
  const nearest = typeof issue.input === "string" ? suggestion(issue.input, values) : "";
  if (nearest !== "") return nearest;
  if (node?.description !== undefined) return `Expected: ${node.description}.`;
  const names = namesIn(node);
  return names ? `Write an object with members of ${names.join(", ")}.` : "Correct it.";
}

/** A copy of a value without the member at a path. An array of which an item is invalid is left out. */
function without(value: Json, [name, ...rest]: readonly PropertyKey[]): Json {
  if (!isObject(value) || name === undefined || !Object.hasOwn(value, name)) return value;
  const { [String(name)]: member, ...others } = value;
  return rest.length > 0 && isObject(member) ? { ...others, [String(name)]: without(member, rest) } : others;
}
