/**
 * The message key of a generated record.
 *
 * @module
 */
import type { MemberColumn, Stream } from "../stream.ts";
import { createEncoder } from "../codec/encoder.ts";

/** Names of the columns that identify a record: those of `write`, otherwise that of the message key. */
export const keyColumns = ({ key, write }: Stream): readonly string[] =>
  write?.mode === "upsert" ? write.key : key === undefined ? [] : [key];

/** The value at a column's path; `undefined` if there is none. */
export function memberAt(record: unknown, { path }: MemberColumn): unknown {
  let value = record;
  for (const step of path) value = (value as Record<string | number, unknown> | null | undefined)?.[step];
  return value;
}

/**
 * Creates a function that returns a record's key: the text of the key column's value, or an object with the members of the key columns as
 * JSON if there are several; `null` without a key column or if its value is null.
 */
export function createKeyEncoder(stream: Stream): (record: unknown) => string | null {
  const names = stream.key === undefined ? keyColumns(stream) : [stream.key];
  const columns = names.map((name) =>
    stream.columns.find((column): column is MemberColumn => column.name === name && "path" in column)
  ).filter((column) => column !== undefined);
  const encode = createEncoder();
  const textOf = (value: unknown) =>
    value === undefined || value === null
      ? null
      : typeof value === "object" && !("text" in value)
      ? encode(value)
      : String(value);
  const [first, ...others] = columns;
  if (!first) return () => null;
  if (others.length === 0) return (record) => textOf(memberAt(record, first));
  return (record) => {
    const key = {};
    for (const column of columns) setMember(key, column.path, memberAt(record, column));
    return encode(key);
  };
}

/** Sets the value at a path, and creates the objects and arrays around it. */
function setMember(target: object, path: MemberColumn["path"], value: unknown): void {
  let parent = target as Record<string | number, unknown>;
  for (const [depth, step] of path.entries()) {
    const next = path[depth + 1];
    if (next === undefined) parent[step] = value;
    else parent = (parent[step] ??= typeof next === "number" ? [] : {}) as Record<string | number, unknown>;
  }
}
