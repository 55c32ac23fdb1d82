import assert from "assert";
import { bindDeclaredTypes } from "../schema/bind_stream.ts";
import { readStreamFile } from "../stream_files/read_stream_file.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import { createRowDecoder } from "./row_decoder.ts";

/** Decodes a value of a stream with a format; returns the values of the row as text, or the rejection. */
function decode(format: "text" | "bytes", value: string | Uint8Array | null): (string | null)[] | string {
  const columns = {
    key: { metadata: "key", type: "text" },
    value: { path: "", type: format === "text" ? "text" : "bytea" },
  };
  const stream = readStreamFile("test", JSON.stringify({ about: "x", format, columns }), "test.json");
  const bytes = typeof value === "string" ? new TextEncoder().encode(value) : value;
  const rows = new RowBuffer();
  rows.int32(7);
  // Around the value, there are other records.
  const batch = new Uint8Array([0x61, ...bytes ?? [], 0x62]);
  const rejection = createRowDecoder(bindDeclaredTypes(stream))(batch, 1, bytes?.length ?? -1, rows, {
    topic: "test",
    partition: 0,
    offset: 0,
    timestamp: 0,
    key: () => new TextEncoder().encode("k"),
    headers: () => [],
  });
  if (rejection) {
    assert.equal(rows.length, 4);
    return `${rejection.reason}: ${rejection.detail}`;
  }
  const row = rows.written();
  const values: (string | null)[] = [];
  for (let at = 6; at < row.length;) {
    const length = row.readInt32BE(at);
    values.push(length < 0 ? null : row.toString("latin1", at + 4, at + 4 + length));
    at += 4 + Math.max(0, length);
  }
  return values;
}

Deno.test("createRawDecoder() stores texts and bytes as they are, and a missing value as NULL", () => {
  assert.deepEqual(decode("text", "{no JSON"), ["k", "{no JSON"]);
  assert.deepEqual(decode("text", ""), ["k", ""]);
  assert.deepEqual(decode("text", null), ["k", null]);
  assert.deepEqual(decode("text", "\ufeffa"), ["k", "\xef\xbb\xbfa"]);
  assert.deepEqual(decode("bytes", new Uint8Array([0, 0xff])), ["k", "\0\xff"]);
  assert.deepEqual(decode("bytes", new Uint8Array()), ["k", ""]);
});

Deno.test("createRawDecoder() rejects texts that PostgreSQL cannot store", () => {
  assert.match(decode("text", new Uint8Array([0xff])) as string, /^not UTF-8: /);
  assert.match(decode("text", "a\0b") as string, /^invalid record: column value: contains \\u0000/);
});
