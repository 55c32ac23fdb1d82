/**
 * Decodes records with a JSON parser and the stream's schema, which decide on every record that no faster path can prove to be valid.
 *
 * @module
 */
import type { MemberColumn } from "../stream.ts";
import { JsonSource } from "../types/json_source.ts";
import type { RowBuffer } from "../types/row_buffer.ts";
import { type BoundStream, memberAliases, type RecordMetadata } from "./bound_stream.ts";
import { ExactNumbers } from "./exact_numbers.ts";
import { MAX_DEPTH, rejectInvalidJson } from "./invalid_json.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./json_skipper.ts";
import {
  isObject,
  type Member,
  outputAt,
  parseValue,
  readMembers,
  type Span,
  spanAt,
  toObject,
} from "./json_value.ts";
import { writeMetadata } from "./metadata_columns.ts";
import { reject, rejectColumn, type Rejection } from "./rejection.ts";
import { storesSource } from "./source_columns.ts";
import { validate } from "./validate.ts";

const skipper = new JsonSkipper();

/** A duplicate name in the outermost object. RFC 8259, section 4: the behavior of software that receives one is unpredictable. */
const rejectDuplicate = (name: string) =>
  reject("duplicate name", `The name ${JSON.stringify(name)} occurs twice in the record.`);

/** The first name that occurs twice. */
function duplicateName(members: readonly Member[]): string | undefined {
  const names = new Set<string>();
  for (const { name } of members) {
    if (names.has(name)) return name;
    names.add(name);
  }
  return undefined;
}

/** Decodes records of one stream. */
export class GeneralPath {
  readonly #aliases: ReadonlyMap<string, readonly string[]>;
  readonly #exact: ExactNumbers | undefined;
  /** Whether each column stores the bytes of the record. */
  readonly #storesSource: readonly boolean[];

  constructor(readonly bound: BoundStream) {
    const { stream: { schema, columns }, types } = bound;
    this.#aliases = memberAliases(bound);
    this.#exact = ExactNumbers.of([schema]);
    this.#storesSource = columns.map((column, c) =>
      "path" in column && storesSource(schema, column.path, types[c]!.sql)
    );
  }

  /**
   * Appends the row of the value in `bytes` from `start` to `end` (exclusive) to `rows`, or returns why the value is rejected; then `rows`
   * is unchanged.
   */
  decode(
    bytes: Uint8Array,
    start: number,
    end: number,
    rows: RowBuffer,
    meta: RecordMetadata,
  ): Rejection | undefined {
    const from = skipSpace(bytes, start, end);
    const to = skipper.skipValue(bytes, from, end, MAX_DEPTH);
    const endOfText = isInvalid(to) ? to : skipSpace(bytes, to, end);
    if (endOfText !== end) {
      return rejectInvalidJson(bytes, start, end, isInvalid(endOfText) ? ~endOfText : endOfText);
    }
    const span = { start: from, end: to };
    let members: readonly Member[] | undefined;
    let value: unknown;
    if (isObject(bytes, span)) {
      members = readMembers(bytes, span);
      const duplicate = duplicateName(members);
      if (duplicate !== undefined) return rejectDuplicate(duplicate);
      members = this.#applyAliases(members);
      value = toObject(
        members.map(({ name, value }) => ({
          name,
          value: parseValue(bytes, value, this.#exact?.member(name)),
        })),
      );
    } else value = parseValue(bytes, span, this.#exact);
    const validation = validate(this.bound.stream.schema, value);
    if (validation.rejection) return validation.rejection;
    const length = rows.length;
    const rejection = this.#writeRow(validation.output, rows, meta, { bytes, span, members });
    if (rejection === undefined) return undefined;
    rows.length = length;
    return rejection;
  }

  /** Renames members that are present under another name only. */
  #applyAliases(members: readonly Member[]): readonly Member[] {
    if (this.#aliases.size === 0) return members;
    const present = new Set(members.map(({ name }) => name));
    const renamed = new Map<string, string>();
    for (const [name, aliases] of this.#aliases) {
      if (present.has(name)) continue;
      const alias = aliases.find((alias) => present.has(alias));
      if (alias !== undefined) renamed.set(alias, name);
    }
    if (renamed.size === 0) return members;
    return members.map(({ name, value }) => ({ name: renamed.get(name) ?? name, value }));
  }

  /** Appends a row. Returns the rejection because of a column, if any. */
  #writeRow(output: unknown, rows: RowBuffer, meta: RecordMetadata, source: Source): Rejection | undefined {
    const { stream: { columns }, types } = this.bound;
    rows.int16(columns.length);
    for (const [c, column] of columns.entries()) {
      const type = types[c]!;
      let problem: string | undefined;
      if ("metadata" in column) {
        problem = writeMetadata(column.metadata, type, rows, meta);
      } else {
        const value = outputAt(output, column.path) ?? null;
        const span = value !== null && this.#storesSource[c] ? locate(source, column.path) : undefined;
        problem = type.write(span ? new JsonSource(source.bytes, span.start, span.end) : value, rows);
      }
      if (problem !== undefined) return rejectColumn(column.name, problem);
    }
    return undefined;
  }
}

/** The bytes of a record. */
interface Source {
  readonly bytes: Uint8Array;
  readonly span: Span;
  /** The members of the outermost object, renamed. */
  readonly members: readonly Member[] | undefined;
}

function locate({ bytes, span, members }: Source, path: MemberColumn["path"]): Span | undefined {
  const [name, ...rest] = path;
  if (members === undefined || name === undefined) return spanAt(bytes, span, path);
  const member = members.find((member) => member.name === name);
  return member && spanAt(bytes, member.value, rest);
}
