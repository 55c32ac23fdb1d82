/**
 * The values of metadata columns.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import type { Metadata } from "../stream.ts";
import { JsonSource } from "../types/json_source.ts";
import type { ColumnType } from "../types/column_type.ts";
import type { RowBuffer } from "../types/row_buffer.ts";
import type { RecordMetadata } from "./bound_stream.ts";
import { MAX_DEPTH } from "./invalid_json.ts";
import { JsonSkipper, skipSpace } from "./json_skipper.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
const skipper = new JsonSkipper();

/** Whether a type stores bytes as they are. */
const isBinary = ({ sql }: ColumnType) => sql === "bytea";
const isJson = ({ sql }: ColumnType) => sql === "json" || sql === "jsonb";
const isTime = ({ sql }: ColumnType) => /^(?:timestamp|date)/.test(sql);

/** The value of a metadata column of type `type`, or `undefined` and the problem. */
export function metadataValue(
  metadata: Metadata,
  type: ColumnType,
  meta: RecordMetadata,
): { readonly value: unknown; readonly problem?: string } {
  switch (metadata) {
    case "topic":
      return { value: meta.topic };
    case "partition":
      return { value: meta.partition };
    case "offset":
      return { value: meta.offset };
    case "timestamp":
      return { value: meta.timestamp < 0 ? null : isTime(type) ? new Date(meta.timestamp) : meta.timestamp };
    case "key":
      return keyValue(meta.key(), type);
    case "headers": {
      const headers = meta.headers();
      return { value: headers && headersValue(headers) };
    }
    case "ingested_at": {
      const now = Date.now();
      return { value: isTime(type) ? new Date(now) : now };
    }
  }
}

/** Appends a metadata column of type `type` to a row. Returns why the value cannot be stored, if it cannot. */
export function writeMetadata(
  metadata: Metadata,
  type: ColumnType,
  rows: RowBuffer,
  meta: RecordMetadata,
): string | undefined {
  const { value, problem } = metadataValue(metadata, type, meta);
  return problem ?? type.write(value, rows);
}

/** The key: its bytes, its JSON, or its text. */
function keyValue(key: Uint8Array | null, type: ColumnType): { value: unknown; problem?: string } {
  if (key === null || isBinary(type)) return { value: key };
  if (isJson(type)) {
    const start = skipSpace(key, 0, key.length);
    const end = skipper.skipValue(key, start, key.length, MAX_DEPTH);
    if (end < 0 || skipSpace(key, end, key.length) !== key.length) {
      return { value: undefined, problem: "the record's key is not JSON" };
    }
    return { value: new JsonSource(key, start, end) };
  }
  if (!isUtf8(key)) return { value: undefined, problem: "the record's key is not UTF-8" };
  return { value: utf8.decode(key) };
}

/** A header's value: its text, or its bytes in hexadecimal as PostgreSQL prints them. */
const headerText = (value: Uint8Array | null): string | null =>
  value === null ? null : isUtf8(value) ? utf8.decode(value) : `\\x${value.toHex()}`;

/** The headers as an object. If a name occurs several times, its member is the array of its values. */
function headersValue(
  headers: readonly (readonly [name: string, value: Uint8Array | null])[],
): Record<string, unknown> {
  const values = new Map<string, (string | null)[]>();
  for (const [name, value] of headers) {
    const known = values.get(name);
    if (known) known.push(headerText(value));
    else values.set(name, [headerText(value)]);
  }
  return Object.fromEntries([...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]));
}
