/**
 * Makes a stream of a stream file, `res/streams/NAME.json`.
 *
 * @module
 */
import { SettingsError } from "../settings/error.ts";
import type { Column, Stream, WriteMode } from "../stream.ts";
import { POSITION_COLUMNS } from "../upsert_stream.ts";
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
  return {
    name,
    topic: file.topic ?? name,
    table,
    about: file.about,
    schema,
    columns,
    ...file.key === undefined ? {} : { key: file.key },
    ...write && { write },
    ...format !== "json" && { format },
    ...file.consumeOnly && { consumeOnly: true },
  };
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
  if (column && !("metadata" in column)) return;
  mistakes.add("/key", `there is no column ${key} that stores a member`, `Name one of ${namesOf(columns)}.`);
}

const namesOf = (columns: readonly Column[]) =>
  columns.filter((column) => !("metadata" in column)).map(({ name }) => name).join(", ");

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
    mistakes.add("/write", "key is missing", `List the key columns, of ${namesOf(columns)}.`);
  }
  if (tombstones === undefined) {
    mistakes.add("/write", "tombstones is missing", "Write delete, reject or ignore.");
  }
  for (const name of POSITION_COLUMNS.map(({ name }) => name)) {
    const column = columns.find((column) => column.name === name);
    if (!column || "metadata" in column) continue;
    mistakes.add(
      pointerTo("/columns", name),
      `an upsert stream has its own column ${name}`,
      "Choose another name.",
    );
  }
  const members = new Set(columns.filter((column) => !("metadata" in column)).map(({ name }) => name));
  key?.forEach((name, i) => {
    const at = pointerTo("/write/key", i);
    if (!members.has(name)) {
      mistakes.add(at, `there is no column ${name}`, `Name one of ${namesOf(columns)}.`);
    }
    if (key.indexOf(name) < i) mistakes.add(at, `${name} occurs twice`, "Remove it.");
  });
  return key && tombstones && { mode: "upsert", key, tombstones };
}
