import assert from "assert";
import { SettingsError } from "../settings/error.ts";
import { Decimal, decimalLimits } from "../types/decimal.ts";
import { read } from "./read_fixture.ts";

Deno.test("readStreamFile() accepts the key of the record as the key of upserts", () => {
  const { write } = read({
    about: "x",
    columns: { id: { metadata: "key", type: "text" }, value: { path: "" } },
    write: { mode: "upsert", key: ["id"], tombstones: "delete" },
  });
  assert.deepEqual(write, { mode: "upsert", key: ["id"], tombstones: "delete" });
});

Deno.test("readStreamFile() names line and column of a syntax error", () => {
  for (
    const [text, expected] of [
      ['{\n "about" 1}', /line 2, column 10/],
      ["", /line 1, column 1/],
      ['{"a":1}\n{', /line 2, column 1/],
      ['{"a":\n  01}', /line 2, column 4/],
    ] as const
  ) {
    assert.throws(
      () => read(text),
      (error) => error instanceof SettingsError && expected.test(error.message),
      text,
    );
  }
});

Deno.test("readStreamFile() reports duplicate names at any depth", () => {
  const text = '{"about":"x","schema":[{"a":"},","b":[]},{"a":[],"\\u0061":{"c":1,"c":2}}],"about":"y"}';
  assert.throws(() => read(text), ({ message }) => {
    assert.match(
      message,
      /at \/schema\/1\/a: the name .* twice.*\n.* at \/schema\/1\/a\/c: the name .*\n.* at \/about: /,
    );
    return true;
  });
});

Deno.test("readStreamFile() makes a column of each property when the file lists none", () => {
  const { columns } = read({
    about: "x",
    schema: {
      type: "object",
      properties: {
        userID: { type: "integer" },
        at: { type: ["string", "null"], format: "date-time" },
        ids: { type: "array", items: { type: "string", format: "uuid" } },
        data: { type: "string", contentEncoding: "base64" },
        size: { $ref: "#/$defs/size" },
        nested: { type: "object" },
        pair: { type: "array", prefixItems: [{ type: "number" }], items: false },
        kind: { enum: ["a", "b", null] },
        day: { anyOf: [{ type: "string", format: "date" }, { type: "null" }] },
        any: true,
        flag: { type: "boolean" },
        price: { type: "number", multipleOf: 0.01 },
      },
      $defs: { size: { type: ["number", "integer"] } },
    },
  });
  assert.deepEqual(columns.map(({ name, type }) => `${name} ${type}`), [
    "user_id bigint",
    "at timestamptz",
    "ids uuid[]",
    "data bytea",
    "size double precision",
    "nested jsonb",
    "pair jsonb",
    "kind text",
    "day date",
    "any jsonb",
    "flag boolean",
    "price numeric",
  ]);
});

Deno.test("readStreamFile() converts paths to names and indexes", () => {
  const { columns } = read({
    about: "x",
    schema: {
      type: "object",
      properties: {
        at: { type: "array", prefixItems: [{ type: "number" }, { type: "number" }] },
        "0": { type: "object", additionalProperties: { type: "string" } },
        "a/b": { allOf: [{ type: "object", properties: { c: { type: "boolean" } } }] },
      },
    },
    columns: { x: { path: "/at/1" }, y: { path: "/0/0" }, z: { path: "/a~1b/c" }, all: { path: "" } },
  });
  assert.deepEqual(columns.map((column) => "path" in column && column.path), [["at", 1], ["0", "0"], [
    "a/b",
    "c",
  ], []]);
});

Deno.test("readStreamFile() has exact schemas of the numbers that columns store, with the limits of the text", () => {
  const { schema } = read({
    about: "x",
    schema: {
      type: "object",
      properties: {
        amount: { type: "number", maximum: 0.1 },
        other: { type: "number" },
        doc: { type: "number" },
      },
    },
    columns: { amount: {}, doc: { type: "jsonb" } },
  });
  const value = { amount: new Decimal("0.1"), other: 1, doc: 1 };
  assert.deepEqual(schema.parse(value), value);
  assert(!schema.safeParse({ ...value, amount: new Decimal("0.10000000000000000000000001") }).success);
  assert(!schema.safeParse({ ...value, amount: 0.1 }).success);
  assert.deepEqual(
    decimalLimits((schema as never as { shape: never }).shape["amount"]["_zod"]["def"]["innerType"]),
    {
      max: "0.1",
    },
  );
  const text = '{"about":"x","schema":{"type":"object","required":["id"],"properties":' +
    '{"id":{"type":"integer","minimum":0.5,"exclusiveMaximum":9223372036854775807}}}}';
  const ids = read(text).schema;
  assert(ids.safeParse({ id: 9223372036854775806n }).success);
  for (const id of [9223372036854775807n, 0n, 1]) assert(!ids.safeParse({ id }).success, `${id}`);
});
