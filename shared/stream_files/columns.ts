/**
 * The columns of a stream file.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { suggestion } from "../settings/suggestion.ts";
import type { Column, Metadata } from "../stream.ts";
import { parseType, type ScalarKind, type TypeDescriptor } from "../types/type_descriptor.ts";
import { modifierProblem, unknownTypeRemedy } from "./column_types.ts";
import { defaultType, labelsOf, typesNotStored } from "./default_type.ts";
import type { FileColumn, StreamFile } from "./file_format.ts";
import { type Mistakes, pointerTo, stepsOf } from "./mistakes.ts";
import type { Json } from "./parse_json.ts";
import type { JsonType } from "./schema/keywords.ts";
import { keywordOf, locate, membersOf, valueTypesOf } from "./schema/locate.ts";
import { columnNameProblem, NAME_BYTES_MAX } from "./table_name.ts";

/**
 * A member's name as a column: `userID` is `user_id`.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.deepEqual(["userID", "placedAt", "HTTPStatus", "x-y z", "a_1"].map(columnName), [
 *   "user_id",
 *   "placed_at",
 *   "http_status",
 *   "x_y_z",
 *   "a_1",
 * ]);
 * ```
 */
export const columnName = (member: string): string =>
  member.replaceAll(/([\p{Ll}\d])(\p{Lu})|(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1$3_$2$4")
    .replaceAll(/[^\p{L}\p{N}_]+/gu, "_").toLowerCase();

/** The columns, and the schemas of their values. Mistakes are added; a column with a mistake is left out. */
export function readColumns(file: StreamFile, root: Json, mistakes: Mistakes): Column[] {
  if (file.format === "text" || file.format === "bytes") checkRawPaths(file, file.format, mistakes);
  const entries = file.columns ? Object.entries(file.columns) : defaultColumns(root, mistakes);
  const columns = entries.flatMap(([name, column]) => {
    const at = pointerTo("/columns", name);
    const problem = columnNameProblem(name);
    if (problem !== undefined) mistakes.add(at, problem, "Choose another name.");
    return (column.metadata === undefined ? memberColumn : metadataColumn)(name, column, at, root, mistakes);
  });
  if (file.columns && entries.length === 0) {
    mistakes.add("/columns", "no columns", "Write at least one, or remove it.");
  }
  checkAliases(columns, mistakes);
  if (file.format !== undefined && file.format !== "json") checkRawColumns(columns, file.format, mistakes);
  return columns;
}

function defaultColumns(root: Json, mistakes: Mistakes): [string, FileColumn][] {
  const members = membersOf(root, root);
  if (members.length === 0) {
    const cause = "is missing, and the schema has no properties";
    mistakes.add("/columns", cause, 'List the columns; "path": "" stores the whole value.');
  }
  const columns = new Map<string, string>();
  for (const member of members) {
    const name = columnName(member), other = columns.get(name);
    if (other === undefined) columns.set(name, member);
    else {
      mistakes.add(
        "/schema/properties",
        `${JSON.stringify(other)} and ${JSON.stringify(member)} both result in the column ${name}`,
        "List the columns with their paths.",
      );
    }
  }
  return [...columns].map(([name, member]) => [name, { path: pointerTo("", member) }]);
}

function memberColumn(
  name: string,
  column: FileColumn,
  at: string,
  root: Json,
  mistakes: Mistakes,
): Column[] {
  const steps = column.path === undefined ? defaultPath(name, at, root, mistakes) : stepsOf(column.path);
  if (!steps) {
    if (column.path !== undefined) {
      mistakes.add(
        `${at}/path`,
        `${JSON.stringify(column.path)} is not a JSON pointer`,
        pointerRemedy(column.path, root),
      );
    }
    return [];
  }
  const located = locate(root, steps);
  if (!located) {
    const parent = locate(root, steps.slice(0, -1));
    const known = parent ? membersOf(root, parent.schema) : [];
    const near = suggestion(
      steps.at(-1)!,
      known,
      (each) => pointerTo(steps.slice(0, -1).reduce(pointerTo, ""), each),
    );
    mistakes.add(
      `${at}/path`,
      `the schema has no ${steps.reduce(pointerTo, "")}`,
      near || "Add it to the schema.",
    );
    return [];
  }
  const type = column.type ?? defaultType(root, located.schema);
  checkType(column, type, located.schema, at, root, mistakes);
  const members = membersOf(root, root);
  column.aliases?.forEach((alias, i) => {
    if (column.aliases!.indexOf(alias) < i) {
      mistakes.add(`${at}/aliases/${i}`, `${alias} occurs twice`, "Remove it.");
    }
    if (!members.includes(alias)) return;
    mistakes.add(`${at}/aliases/${i}`, `${alias} is a property of the schema itself`, "Remove one of both.");
  });
  if (column.aliases && steps.length === 0) {
    mistakes.add(`${at}/aliases`, "the whole record has no name", "Remove the aliases.");
  }
  const { aliases, epoch, timeZone } = column;
  return [{
    name,
    type,
    path: located.path,
    ...aliases && { aliases },
    ...epoch && { epoch },
    ...timeZone && { timeZone },
  }];
}

/** The pointer that was probably meant by a path such as `name`, `$.a.b` or `#/name`. */
function pointerRemedy(path: string, root: Json): string {
  const steps = path.replace(/^(?:\$|#)?[./]?/, "").split(/[./]/);
  return locate(root, steps)
    ? `Write ${steps.reduce(pointerTo, "")}.`
    : "Write it as /customer/name, or as an empty text for the whole record.";
}

/** An alias of two properties would be stored in the columns of both. */
function checkAliases(columns: readonly Column[], mistakes: Mistakes): void {
  const properties = new Map<string, string | number | undefined>();
  for (const column of columns) {
    if ("metadata" in column) continue;
    for (const [i, alias] of (column.aliases ?? []).entries()) {
      const property = properties.get(alias);
      if (property !== undefined && property !== column.path[0]) {
        const at = `${pointerTo("/columns", column.name)}/aliases/${i}`;
        mistakes.add(at, `${alias} is an alias of ${property}, too`, "Remove one of both.");
      }
      properties.set(alias, column.path[0]);
    }
  }
}

/** The path of the property that has the column's name, or one that becomes it. */
function defaultPath(name: string, at: string, root: Json, mistakes: Mistakes): string[] | undefined {
  const members = membersOf(root, root);
  const member = members.find((each) => each === name) ?? members.find((each) => columnName(each) === name);
  if (member !== undefined) return [member];
  const nearest = suggestion(name, members, (each) => `"path": "${pointerTo("", each)}"`);
  mistakes.add(at, `the schema has no property ${name}`, nearest || 'Write its "path".');
  return undefined;
}

const nameBytes = (label: Json) => typeof label === "string" ? Buffer.byteLength(label) : 0;

/** Checks whether the type exists, and whether it stores the values with the column's options. */
function checkType(
  { epoch, timeZone }: FileColumn,
  type: string,
  schema: Json,
  at: string,
  root: Json,
  mistakes: Mistakes,
): void {
  const add = (member: string, cause: string, remedy: string) =>
    mistakes.add(`${at}/${member}`, cause, remedy);
  const descriptor = parseType(type);
  const modifiers = descriptor && modifierProblem(descriptor);
  if (modifiers !== undefined) {
    add("type", `${type}: ${modifiers}`, "Correct it.");
    return;
  }
  const { kind } = descriptor?.element ?? descriptor ?? { kind: undefined };
  if (!descriptor || kind === "enum" && labelsOf(root, schema, descriptor) === undefined) {
    add("type", `unknown type ${type}`, unknownTypeRemedy(type));
    return;
  }
  const long = kind === "enum" &&
    labelsOf(root, schema, descriptor)!.find((label) => nameBytes(label) > NAME_BYTES_MAX);
  if (long) {
    add(
      "type",
      `the label ${JSON.stringify(long)} has ${nameBytes(long)} bytes, PostgreSQL allows ${NAME_BYTES_MAX}`,
      "Shorten it, or write text.",
    );
  }
  const others = typesNotStored(root, schema, descriptor);
  const isTime = kind === "date" || kind!.startsWith("timestamp");
  if (others.length > 0) {
    const cause = `${type} cannot store values of the type ${others.join(" and ")}, which the schema allows`;
    add("type", cause, "Restrict the schema, or write jsonb.");
  } else if (
    isTime && epoch === undefined && !/^string$|^array$/.test([...valueTypesOf(root, schema)].join())
  ) {
    add("epoch", "is missing, but the schema allows numbers", "Write their unit: s, ms, us or ns.");
  }
  const values = itemTypesOf(root, schema, descriptor);
  if (epoch !== undefined && !isTime) {
    add("epoch", `epoch has no effect on the type ${type}`, "Remove it, or write timestamptz.");
  } else if (epoch !== undefined && !values.has("number") && !values.has("integer")) {
    add("epoch", "epoch has no effect, since the schema allows no numbers", "Remove it.");
  }
  if (timeZone === undefined) return;
  if (kind !== "timestamp with time zone") {
    add("timeZone", `timeZone has no effect on the type ${type}`, "Remove it, or write timestamptz.");
  } else if (!values.has("string")) {
    add("timeZone", "timeZone has no effect, since the schema allows no texts", "Remove it.");
  }
  try {
    new Intl.DateTimeFormat("en", { timeZone });
  } catch {
    const nearest = suggestion(timeZone, ["UTC", ...Intl.supportedValuesOf("timeZone")]);
    add("timeZone", `unknown time zone ${timeZone}`, nearest || "Write a name such as Europe/Berlin.");
  }
}

/** The types of the values, or of the elements of an array column. */
const itemTypesOf = (root: Json, schema: Json, { kind }: TypeDescriptor): ReadonlySet<JsonType> =>
  valueTypesOf(root, kind === "array" ? keywordOf(root, schema, "items") ?? true : schema);

const INTEGERS = ["bigint", "numeric"] as const;
const TEXTS = ["text", "character varying"] as const;
const TIMES = ["timestamp with time zone", "timestamp without time zone", "date", "bigint"] as const;

/** The types that can store a property of the Kafka record. */
const METADATA_KINDS: Readonly<Record<Metadata, readonly ScalarKind[]>> = {
  topic: TEXTS,
  partition: ["integer", "smallint", ...INTEGERS],
  offset: INTEGERS,
  timestamp: TIMES,
  key: ["bytea", ...TEXTS, "jsonb", "json", "uuid", "integer", ...INTEGERS],
  headers: ["jsonb", "json"],
  ingested_at: TIMES,
};

function metadataColumn(
  name: string,
  column: FileColumn,
  at: string,
  _root: Json,
  mistakes: Mistakes,
): Column[] {
  const { metadata, type, ...others } = column;
  for (const member of Object.keys(others)) {
    mistakes.add(pointerTo(at, member), `a column of metadata has no ${member}`, `Remove it or "metadata".`);
  }
  const kinds: readonly string[] = METADATA_KINDS[metadata!];
  if (type !== undefined && !kinds.includes(parseType(type)?.kind ?? "")) {
    mistakes.add(
      `${at}/type`,
      `${type} cannot store the ${metadata} of a record`,
      `Write one of ${kinds.join(", ")}.`,
    );
  }
  return [{ name, metadata: metadata!, ...type === undefined ? {} : { type } }];
}

/** A text or bytes have no members: only the whole value can be stored. */
function checkRawPaths({ columns = {} }: StreamFile, format: string, mistakes: Mistakes): void {
  for (const [name, { path, metadata }] of Object.entries(columns)) {
    if (path === "" || metadata !== undefined) continue;
    const at = `${pointerTo("/columns", name)}/path`;
    mistakes.add(
      at,
      path === undefined ? "is missing" : `a value of the format ${format} has no members`,
      'Write "path": "" for the whole value, or "metadata".',
    );
    mistakes.ignore(at);
  }
}

function checkRawColumns(columns: readonly Column[], format: "text" | "bytes", mistakes: Mistakes): void {
  const kinds = format === "text" ? ["text", "character varying"] : ["bytea"];
  for (const column of columns) {
    if ("metadata" in column || kinds.includes(parseType(column.type)?.kind ?? "")) continue;
    mistakes.add(
      pointerTo("/columns", column.name),
      `a value of the format ${format} cannot be stored as ${column.type}`,
      `Write "type": "${kinds[0]}".`,
    );
  }
}
