/**
 * Makes a stream of a stream file, `res/streams/NAME.json`.
 *
 * @module
 */
import { isTopicName, TOPIC_NAME_REMEDY } from "../kafka/topic_name.ts";
import { CONSUMER_PROGRESS, REJECTED_RECORDS } from "../schema/own_tables.ts";
import { SettingsError } from "../settings/error.ts";
import type { Column, MemberColumn, Stream, WriteMode } from "../stream.ts";
import { POSITION_COLUMNS } from "../upsert_stream.ts";
import { checkDefaults } from "./check_defaults.ts";
import { readColumns } from "./columns.ts";
import { checkFormat, type StreamFile } from "./file_format.ts";
import { Mistakes, pointerTo } from "./mistakes.ts";
import { isObject, type Json, memberOf, parseJson } from "./parse_json.ts";
import { Converter, type Use } from "./schema/convert.ts";
import { parseType } from "../types/type_descriptor.ts";
import { checkSchema } from "./schema/check_schema.ts";
import { tableNameProblem } from "./table_name.ts";

/**
 * Reads the text of a stream file.
 *
 * @param name name of the stream, that of the file without `.json`
 * @param file path for messages
 * @throws {SettingsError} with every mistake, its place and the remedy
 */
export function readStreamFile(name: string, text: string, file: string): Stream {
  const mistakes = new Mistakes(file);
  const json = parseJson(text, mistakes);
  const format = json === undefined ? undefined : checkFormat(json, mistakes);
  const root = (isObject(json) ? memberOf(json, "schema") : undefined) ?? true;
  if (json !== undefined) checkSchema(root, mistakes);
  const stream = format && createStream(name, format, root, mistakes);
  if (!stream || mistakes.problems.length > 0) throw new SettingsError(mistakes.problems);
  return stream;
}

function createStream(name: string, file: StreamFile, root: Json, mistakes: Mistakes): Stream | undefined {
  const table = file.table ?? name.replaceAll("-", "_");
  const problem = tableNameProblem(table);
  if (problem) mistakes.add("/table", problem.cause, problem.remedy);
  if ([CONSUMER_PROGRESS, REJECTED_RECORDS].some((own) => [own.name, `"${own.name}"`].includes(table))) {
    const cause = `the consumer stores its own data in the table ${table}`;
    mistakes.add("/table", cause, "Choose another name.");
  }
  const topic = file.topic ?? name;
  if (!isTopicName(topic)) {
    const cause = `Kafka does not allow the topic name ${JSON.stringify(topic)}`;
    mistakes.add("/topic", cause, TOPIC_NAME_REMEDY);
  }
  const format = file.format ?? "json";
  if (format !== "json" && file.schema !== undefined) {
    mistakes.add("/schema", `a value of the format ${format} has no schema`, "Remove it, or the format.");
  }
  const hadMistakes = mistakes.problems.length > 0;
  const columns = readColumns(file, format === "json" ? root : { type: "string" }, mistakes);
  checkKey(file, columns, mistakes);
  const write = readWriteMode(file, columns, mistakes);
  // A schema with mistakes cannot be converted.
  if (hadMistakes) return undefined;
  const schema = new Converter(format === "json" ? root : true, mistakes).convert(root, useOf(columns));
  const stream: Stream = {
    name,
    topic,
    table,
    about: file.about,
    schema,
    columns,
    ...file.key === undefined ? {} : { key: file.key },
    ...write && { write },
    ...format !== "json" && { format },
    ...file.consumeOnly && { consumeOnly: true },
  };
  // A column with a mistake has no type.
  if (mistakes.problems.length === 0) checkDefaults(stream, mistakes);
  return stream;
}

/** How the columns use the record. */
export function useOf(columns: readonly Column[]): Use {
  interface Node {
    columnType?: string;
    keepsMembers: boolean;
    members: Map<string, Node>;
  }
  const top: Node = { keepsMembers: false, members: new Map() };
  for (const column of columns) {
    if ("metadata" in column) continue;
    let node = top;
    for (const step of column.path) {
      const next: Node = node.members.get(`${step}`) ?? { keepsMembers: false, members: new Map() };
      node.members.set(`${step}`, next);
      node = next;
    }
    if (/^jsonb?$/.test(parseType(column.type)?.kind ?? "")) node.keepsMembers = true;
    else node.columnType = column.type;
  }
  return top;
}

function checkKey({ key }: StreamFile, columns: readonly Column[], mistakes: Mistakes): void {
  if (key === undefined) return;
  const column = columns.find(({ name }) => name === key);
  if (column && isMember(column)) return;
  mistakes.add(
    "/key",
    `there is no column ${key} that stores a member`,
    `Name one of ${namesOf(columns, isMember)}.`,
  );
}

const isMember = (column: Column): column is MemberColumn => !("metadata" in column);

/** Whether the column can be in the key of an upsert: the other metadata differ between records of a key. */
const isInKey = (column: Column) => isMember(column) || column.metadata === "key";

const namesOf = (columns: readonly Column[], isPossible: (column: Column) => boolean) =>
  columns.filter(isPossible).map(({ name }) => name).join(", ") || "your columns";

function readWriteMode(
  { write }: StreamFile,
  columns: readonly Column[],
  mistakes: Mistakes,
): WriteMode | undefined {
  if (!write) return undefined;
  if (write.mode === "append") {
    for (const member of ["key", "tombstones"] as const) {
      if (write[member] === undefined) continue;
      mistakes.add(
        `/write/${member}`,
        `${member} has no effect with the mode append`,
        'Remove it, or write "upsert".',
      );
    }
    return { mode: "append" };
  }
  const { key, tombstones } = write;
  if (key === undefined) {
    mistakes.add("/write/key", "is missing", `List the key columns, of ${namesOf(columns, isInKey)}.`);
  }
  if (tombstones === undefined) {
    mistakes.add("/write/tombstones", "is missing", "Write delete, reject or ignore.");
  }
  for (const { name, metadata } of POSITION_COLUMNS) {
    const column = columns.find((column) => column.name === name);
    if (!column || "metadata" in column && column.metadata === metadata) continue;
    mistakes.add(
      pointerTo("/columns", name),
      `${name} is the column of the ${metadata} in an upsert stream`,
      "Choose another name.",
    );
  }
  key?.forEach((name, i) => {
    const at = pointerTo("/write/key", i);
    const column = columns.find((column) => column.name === name);
    if (!column) {
      mistakes.add(at, `there is no column ${name}`, `Name one of ${namesOf(columns, isInKey)}.`);
    } else if (!isInKey(column)) {
      const cause = `the column ${name} differs between records of the same key`;
      mistakes.add(at, cause, `Name one of ${namesOf(columns, isInKey)}.`);
    } else if (parseType(("type" in column ? column.type : undefined) ?? "")?.kind === "json") {
      mistakes.add(at, `PostgreSQL cannot compare values of the type json in ${name}`, "Write jsonb.");
    }
    if (key.indexOf(name) < i) mistakes.add(at, `${name} occurs twice`, "Remove it.");
  });
  return key && tombstones && { mode: "upsert", key, tombstones };
}
