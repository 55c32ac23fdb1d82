import { Buffer } from "node:buffer";
import assert from "assert";
import { z } from "zod";
import { bindDeclaredTypes } from "../schema/bind_stream.ts";
import type { MemberColumn, Stream, WriteMode } from "../stream.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import { withPositionColumns } from "../upsert_stream.ts";
import { createRowDecoder } from "./row_decoder.ts";

const ID: MemberColumn = { name: "id", type: "bigint", path: ["id"], aliases: ["ID"] };
const CODE: MemberColumn = { name: "code", type: "text", path: ["at", "code"] };
const SCHEMA = z.object({
  id: z.bigint().nullable(),
  at: z.object({ code: z.string().toLowerCase() }).optional(),
});

type Tombstones = Extract<WriteMode, { mode: "upsert" }>["tombstones"];

/** Decodes a record. Returns the values as hexadecimal, or the detail of the rejection; `undefined`: no row. */
function decode(
  key: readonly string[],
  record: { key: string | Uint8Array | null; value: string | null },
  { tombstones = "delete", columns = [ID, CODE] }: {
    tombstones?: Tombstones;
    columns?: readonly MemberColumn[];
  } = {},
): (string | null)[] | string | undefined {
  const stream = withPositionColumns({
    name: "test",
    table: "t",
    schema: SCHEMA,
    columns: [...columns, { name: "record_key", metadata: "key", type: "text" }],
    write: { mode: "upsert", key, tombstones },
  } as unknown as Stream);
  const rows = new RowBuffer(1);
  const value = Buffer.from(record.value ?? "");
  const rejection = createRowDecoder(bindDeclaredTypes(stream))(
    value,
    0,
    record.value === null ? -1 : value.length,
    rows,
    {
      ...{ topic: "t", partition: 3, offset: 7, timestamp: 0, headers: () => [] },
      key: () => record.key === null ? null : Buffer.from(record.key),
    },
  );
  const written = rows.written();
  if (rejection) {
    assert.equal(written.length, 0);
    assert.equal(
      rejection.reason,
      rejection.detail.endsWith("(a tombstone).") ? "no value" : "invalid record",
    );
    return rejection.detail;
  }
  if (written.length === 0) return undefined;
  const values: (string | null)[] = [];
  for (let at = 2; at < written.length;) {
    const length = written.readInt32BE(at);
    values.push(length < 0 ? null : written.toString("hex", at + 4, at + 4 + length));
    at += 4 + Math.max(0, length);
  }
  assert.equal(values.length, written.readInt16BE(0));
  return values;
}

const int8 = (value: number) => value.toString(16).padStart(16, "0");
const text = (value: string) => Buffer.from(value).toString("hex");
const POSITION = ["00000003", int8(7)];
/** The complement of partition 3, and the offset. */
const DELETED = ["fffffffc", int8(7)];

Deno.test("createRowDecoder() rejects a record when a key column is null or absent", () => {
  const row = [int8(5), text("a"), text("k"), ...POSITION];
  assert.deepEqual(decode(["id"], { key: "k", value: '{"id":5,"at":{"code":"A"}}' }), row);
  assert.equal(decode(["id"], { key: "k", value: '{"id":null}' }), "column id: null, but part of the key");
  assert.equal(
    decode(["code", "id"], { key: "k", value: '{"id":5}' }),
    "column code: null, but part of the key",
  );
  assert.equal(
    decode(["record_key"], { key: null, value: '{"id":5}' }),
    "column record_key: null, but part of the key",
  );
});

Deno.test("createRowDecoder() writes the key of a tombstone when it is text, a JSON scalar or an object", () => {
  const deleted = [int8(42), null, null, ...DELETED];
  for (const key of ["42", " 42 ", '"42"', '{"id":42}', '{"ID":42,"other":1}']) {
    const expected = key === '"42"' ? /id: Invalid input/ : deleted;
    const actual = decode(["id"], { key, value: null });
    if (expected instanceof RegExp) assert.match(actual as string, expected);
    else assert.deepEqual(actual, expected, key);
  }
  const exact = [int8(2 ** 53).slice(0, -1) + "1", null, null, ...DELETED];
  assert.deepEqual(decode(["id"], { key: "9007199254740993", value: null }), exact);
  const code = (value: string) => [null, text(value), null, ...DELETED];
  assert.deepEqual(decode(["code"], { key: "Ab", value: null }), code("ab"), "the output of the schema");
  assert.deepEqual(decode(["code"], { key: '"Ab"', value: null }), code("ab"));
  assert.deepEqual(decode(["code"], { key: "12", value: null }), code("12"));
  assert.deepEqual(decode(["code"], { key: '{"at":{"code":"x"}}', value: null }), code("x"));
  assert.deepEqual(decode(["record_key"], { key: "k", value: null }), [null, null, text("k"), ...DELETED]);
  const both = [int8(42), text("x"), null, ...DELETED];
  assert.deepEqual(decode(["code", "id"], { key: '{"at":{"code":"x"},"id":42}', value: null }), both);
});

Deno.test("createRowDecoder() rejects a tombstone when its key does not identify a row", () => {
  const detail = (key: string | Uint8Array | null, columns = ["id"]) => decode(columns, { key, value: null });
  const prefix = "The record has no value (a tombstone), and its key does not identify a row: column ";
  assert.equal(detail(null), `${prefix}id: the record has no key`);
  assert.equal(detail(null, ["record_key"]), `${prefix}record_key: null`);
  assert.equal(detail(Uint8Array.of(0xff)), `${prefix}id: the record's key is not UTF-8`);
  assert.match(detail("x") as string, /column id: /);
  assert.match(detail("9223372036854775808") as string, /column id: out of range for bigint/);
  assert.equal(detail('{"di":1}'), `${prefix}id: the record's key has no member id`);
  assert.equal(detail('{"id":null}'), `${prefix}id: null`);
  assert.equal(detail("42", ["id", "code"]), `${prefix}id: the record's key is not a JSON object`);
  assert.equal(detail('{"id":1}', ["id", "code"]), `${prefix}code: the record's key has no member at.code`);
});

Deno.test("createRowDecoder() rejects or ignores tombstones as the stream says", () => {
  const tombstone = { key: "42", value: null };
  assert.equal(decode(["id"], tombstone, { tombstones: "ignore" }), undefined);
  assert.equal(decode(["id"], tombstone, { tombstones: "reject" }), "The record has no value (a tombstone).");
});

Deno.test("createRowDecoder() rejects a tombstone of a text stream when tombstones are rejected", () => {
  const stream = withPositionColumns({
    name: "test",
    table: "t",
    format: "text",
    schema: z.string(),
    columns: [{ name: "key", metadata: "key", type: "text" }, { name: "line", type: "text", path: [] }],
    write: { mode: "upsert", key: ["key"], tombstones: "reject" },
  } as unknown as Stream);
  const rows = new RowBuffer();
  const meta = {
    topic: "t",
    partition: 0,
    offset: 0,
    timestamp: 0,
    key: () => Buffer.from("k"),
    headers: () => [],
  };
  const decode = createRowDecoder(bindDeclaredTypes(stream));
  assert.equal(decode(Buffer.alloc(0), 0, -1, rows, meta)?.reason, "no value");
  assert.equal(rows.length, 0);
});
