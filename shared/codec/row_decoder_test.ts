import { Buffer } from "node:buffer";
import assert from "assert";
import { z } from "zod";
import type { Column, Stream } from "../stream.ts";
import type { ColumnType } from "../types/column_type.ts";
import { Decimal, decimal } from "../types/decimal.ts";
import { JsonSource } from "../types/json_source.ts";
import { RowBuffer } from "../types/row_buffer.ts";
import { createRowDecoder, type RecordMetadata } from "./row_decoder.ts";

/** Stores the text of a value with its type, or the source. */
const describing = (sql: string): ColumnType => ({
  sql,
  write(value, row) {
    if (value === null || value === undefined) return void row.null();
    if (value === "refused") return "it is refused";
    const start = row.beginValue();
    if (value instanceof JsonSource) row.copy(value.bytes, value.start, value.end);
    else if (typeof value === "object" && !(value instanceof Decimal)) row.text(JSON.stringify(value));
    else row.text(`${value instanceof Decimal ? "decimal" : typeof value} ${String(value)}`);
    row.endValue(start);
    return undefined;
  },
});

const META: RecordMetadata = {
  topic: "orders",
  partition: 3,
  offset: 7,
  timestamp: 1_000,
  key: () => Buffer.from("the key"),
  headers: () => [["a", Buffer.from("1")], ["b", null], ["a", Uint8Array.of(0xff)]],
};

function decoder(schema: z.ZodType, columns: readonly (Column & { type?: string })[]) {
  const stream = { name: "test", schema, columns } as unknown as Stream;
  const decode = createRowDecoder({
    stream,
    types: columns.map(({ type }) => describing(type ?? "text")),
  });
  return (text: string | null) => {
    const rows = new RowBuffer(1);
    rows.text("before");
    const bytes = Buffer.from(`[${text}]`);
    const rejection = decode(bytes, 1, text === null ? -1 : bytes.length - 2, rows, META);
    if (rejection) {
      assert.equal(rows.written().toString(), "before");
      return `${rejection.reason}: ${rejection.detail}`;
    }
    const written = rows.written().subarray(6);
    assert.equal(written.readInt16BE(0), columns.length);
    const values: (string | null)[] = [];
    for (let at = 2; at < written.length;) {
      const length = written.readInt32BE(at);
      values.push(length < 0 ? null : written.subarray(at + 4, at + 4 + length).toString());
      at += 4 + Math.max(0, length);
    }
    return values;
  };
}

const column = (name: string, more: object = {}): Column => ({ name, type: "text", path: [name], ...more });

Deno.test("createRowDecoder() passes exact numbers where the schema has nodes for them", () => {
  const schema = z.object({
    big: z.bigint().nullable(),
    amount: decimal({ max: "1e30" }).optional(),
    double: z.number(),
    list: z.array(z.object({ n: z.union([z.bigint(), z.string()]) })).default([]),
  });
  const decode = decoder(schema, [
    column("big"),
    column("amount"),
    column("double"),
    column("n", { path: ["list", 1, "n"] }),
  ]);
  assert.deepEqual(
    decode('{"big":9223372036854775807,"amount":0.10,"double":0.10,"list":[{"n":"a"},{"n":12e2}]}'),
    ["bigint 9223372036854775807", "decimal 0.10", "number 0.1", "bigint 1200"],
  );
  assert.deepEqual(decode('{"big":null,"double":12345678901234567890}'), [
    null,
    null,
    "number 12345678901234567000",
    null,
  ]);
  assert.equal(
    decode('{"big":1.5,"double":1}'),
    "invalid record: big: Invalid input: expected integer, received number",
  );
  assert.equal(
    decode('{"big":"1","amount":1e31,"double":1}'),
    "invalid record: big: Invalid input: expected integer, received string; " +
      "amount: Too big: expected number to be <=1e30",
  );
});

Deno.test("createRowDecoder() uses the first alias that is present when the name is absent", () => {
  const schema = z.strictObject({ id: z.number(), userId: z.number().optional() });
  const decode = decoder(schema, [column("id", { aliases: ["ID", "userId"] })]);
  assert.deepEqual(decode('{"userId":1}'), ["number 1"]);
  assert.deepEqual(decode('{"userId":1,"ID":2}'), ["number 2"]);
  assert.deepEqual(decode('{"userId":1,"id":3}'), ["number 3"]);
  assert.equal(decode('{"id":1,"ID":2}'), 'invalid record: Unrecognized key: "ID"');
  assert.equal(decode('{"ID":1,"\\u0049D":2}'), 'duplicate name: The name "ID" occurs twice in the record.');
});

Deno.test("createRowDecoder() stores the record's bytes in jsonb columns when the schema cannot change the value", () => {
  const schema = z.object({
    any: z.unknown(),
    loose: z.looseObject({ n: z.number() }).optional(),
    stripped: z.object({ n: z.number() }).optional(),
    list: z.array(z.unknown()).default([{ a: 1 }]),
  });
  const decode = decoder(schema, [
    column("any", { type: "jsonb" }),
    column("loose", { type: "jsonb" }),
    column("stripped", { type: "jsonb" }),
    column("list", { type: "jsonb" }),
    column("inner", { type: "jsonb", path: ["list", 0] }),
  ]);
  assert.deepEqual(
    decode('{"any": {"a": 1.0} ,"loose":{ "n":1e2,"o":1 },"stripped":{ "n":1e2,"o":1 },"list":[ 1.50 ]}'),
    ['{"a": 1.0}', '{ "n":1e2,"o":1 }', '{"n":100}', "[ 1.50 ]", "1.50"],
  );
  assert.deepEqual(decode('{"any": null}'), [null, null, null, '[{"a":1}]', '{"a":1}']);
});

Deno.test("createRowDecoder() rejects a record when a column's type does not accept the value, and names the column", () => {
  const decode = decoder(z.object({ a: z.string().trim(), b: z.string().default("x") }), [
    column("first", { path: ["a"] }),
    column("b"),
  ]);
  assert.deepEqual(decode('{"a":" y "}'), ["string y", "string x"]);
  assert.equal(decode('{"a":"","b":"refused"}'), "invalid record: column b: it is refused");
});

Deno.test("createRowDecoder() writes the properties of the Kafka record", () => {
  const columns = (["topic", "partition", "offset", "timestamp", "key", "headers"] as const)
    .map((metadata): Column => ({ name: metadata, metadata }));
  const decode = decoder(z.unknown(), [...columns, { name: "b", metadata: "key", type: "bytea" }]);
  assert.deepEqual(decode("{}"), [
    "string orders",
    "number 3",
    "number 7",
    "number 1000",
    "string the key",
    '{"a":["1","\\\\xff"],"b":null}',
    '{"type":"Buffer","data":[116,104,101,32,107,101,121]}',
  ]);
});

Deno.test("createRowDecoder() rejects the value when it is no JSON, and when a function of the schema throws", () => {
  const decode = decoder(z.object({ a: z.string().transform(BigInt) }), [column("a")]);
  assert.equal(decode(null), "no value: The record has no value (a tombstone).");
  assert.equal(decode(""), "empty value: The value has no bytes.");
  assert.equal(decode("{"), "not JSON: The value ends after 1 bytes, before it is complete.");
  assert.equal(decode('{"a":"x"}'), "invalid record: The schema failed: Cannot convert x to a BigInt");
  assert.equal(decode("1"), "invalid record: Invalid input: expected object, received number");
});
