/**
 * Rows of tombstones: the key columns, from the key of the Kafka record, and the record's position.
 *
 * The key of a record is text or JSON. For one key column: a JSON string, number or boolean; or a text as the column's type reads it; or an
 * object that has the column's member, such as the key of a change event. For several key columns: an object that has their members.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import type { z } from "zod";
import { schemaAt } from "../schema/column_schema.ts";
import type { Column, MemberColumn } from "../stream.ts";
import type { ColumnType } from "../types/column_type.ts";
import type { RowBuffer } from "../types/row_buffer.ts";
import { keyIndexes } from "../upsert_stream.ts";
import type { BoundStream, RecordMetadata } from "./bound_stream.ts";
import { ExactNumbers } from "./exact_numbers.ts";
import { MAX_DEPTH } from "./invalid_json.ts";
import { JsonSkipper, skipSpace } from "./json_skipper.ts";
import { isObject, parseValue, readMembers, type Span } from "./json_value.ts";
import { metadataValue } from "./metadata_columns.ts";
import { reject, type Rejection } from "./rejection.ts";
import { defOf } from "../zod_node.ts";

const skipper = new JsonSkipper();
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** A member column of a stream's key. */
interface KeyMember {
  readonly column: MemberColumn;
  readonly type: ColumnType;
  /** The schema of the member; `undefined`: unknown. */
  readonly schema: z.core.$ZodType | undefined;
  readonly exact: ExactNumbers | undefined;
}

/** The JSON value that a key is; `undefined`: it is not JSON. */
function jsonSpan(key: Uint8Array): Span | undefined {
  const start = skipSpace(key, 0, key.length);
  const end = skipper.skipValue(key, start, key.length, MAX_DEPTH);
  return end < 0 || skipSpace(key, end, key.length) !== key.length ? undefined : { start, end };
}

/** The value of a member of an object. The last of several duplicates counts, as in records without a schema. */
function memberAt(key: Uint8Array, object: Span, { path, aliases = [] }: MemberColumn): Span | undefined {
  let span: Span | undefined = object;
  for (const [depth, step] of path.entries()) {
    if (!isObject(key, span)) return undefined;
    const members = readMembers(key, span);
    const names: (string | number)[] = depth === 0 ? [step, ...aliases] : [step];
    const name = names.find((name) => members.some((member) => member.name === name));
    span = members.findLast((member) => member.name === name)?.value;
    if (span === undefined) return undefined;
  }
  return span;
}

/** The schema of a member, with its wrappers. */
function memberSchema(schema: z.core.$ZodType, path: MemberColumn["path"]): z.core.$ZodType | undefined {
  const last = path.at(-1);
  if (last === undefined) return schema;
  const parent = schemaAt(schema, path.slice(0, -1)).schema;
  const def = parent && defOf(parent);
  if (def?.type === "object" && Object.hasOwn(def.shape, last)) return def.shape[last];
  return def?.type === "tuple" && typeof last === "number" ? def.items[last] : undefined;
}

/** Writes the rows of tombstones. */
export class TombstoneRows {
  readonly #keyMembers: ReadonlyMap<number, KeyMember>;
  readonly #keyIndexes: ReadonlySet<number>;

  constructor(private readonly bound: BoundStream) {
    const { stream: { schema, columns }, types } = bound;
    const indexes = keyIndexes(bound.stream);
    this.#keyIndexes = new Set(indexes);
    this.#keyMembers = new Map(indexes.flatMap((c) => {
      const column: Column = columns[c]!;
      if ("metadata" in column) return [];
      const member = memberSchema(schema, column.path);
      return [[c, {
        column,
        type: types[c]!,
        schema: member,
        exact: ExactNumbers.of(member ? [member] : []),
      }]];
    }));
  }

  /** Appends a row: the key, the position with the partition's complement, NULL in all other columns. */
  write(rows: RowBuffer, meta: RecordMetadata): Rejection | undefined {
    const { stream: { columns }, types } = this.bound;
    const start = rows.length;
    rows.int16(columns.length);
    for (const [c, column] of columns.entries()) {
      const problem = this.#writeColumn(c, column, types[c]!, rows, meta);
      if (problem === undefined) continue;
      rows.length = start;
      return reject(
        "invalid record",
        `The record has no value (a tombstone), and its key does not identify a row: column ${column.name}: ${problem}`,
      );
    }
    return undefined;
  }

  #writeColumn(
    c: number,
    column: Column,
    type: ColumnType,
    rows: RowBuffer,
    meta: RecordMetadata,
  ): string | undefined {
    const member = this.#keyMembers.get(c);
    if (member) return this.#writeMember(member, rows, meta.key());
    if ("metadata" in column) {
      if (column.metadata === "partition") return type.write(~meta.partition, rows);
      if (column.metadata === "offset") return type.write(meta.offset, rows);
      if (this.#keyIndexes.has(c)) {
        const { value, problem } = metadataValue(column.metadata, type, meta);
        return problem ?? (value === null ? "null" : type.write(value, rows));
      }
    }
    rows.null();
    return undefined;
  }

  #writeMember(member: KeyMember, rows: RowBuffer, key: Uint8Array | null): string | undefined {
    if (key === null) return "the record has no key";
    if (!isUtf8(key)) return "the record's key is not UTF-8";
    const json = jsonSpan(key);
    if (json && isObject(key, json) && member.column.path.length > 0) {
      const span = memberAt(key, json, member.column);
      return span
        ? writeValue(parseValue(key, span, member.exact), member, rows)
        : `the record's key has no member ${member.column.path.join(".")}`;
    }
    if (this.#keyIndexes.size > 1) return "the record's key is not a JSON object";
    const fromJson = json && writeValue(parseValue(key, json, member.exact), member, rows);
    if (json && fromJson === undefined) return undefined;
    const fromText = writeValue(utf8.decode(key), member, rows);
    return fromText === undefined ? undefined : fromJson ?? fromText;
  }
}

/** Appends the schema's output for a value. On a problem, nothing is appended. */
function writeValue(value: unknown, { type, schema }: KeyMember, rows: RowBuffer): string | undefined {
  const parsed = schema ? (schema as z.ZodType).safeParse(value) : { data: value, error: undefined };
  if (parsed.error) return parsed.error.issues[0]!.message;
  if (parsed.data === null || parsed.data === undefined) return "null";
  const start = rows.length;
  const problem = type.write(parsed.data, rows);
  if (problem !== undefined) rows.length = start;
  return problem;
}
