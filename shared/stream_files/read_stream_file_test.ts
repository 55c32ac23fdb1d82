import assert from "assert";
import { SettingsError } from "../settings/error.ts";
import { Decimal, decimalLimits } from "../types/decimal.ts";
import { mistakesOf, read } from "./read_fixture.ts";

/** The file's members, and the mistakes: place and pattern of cause and remedy. */
const MISTAKES: [about: string, file: unknown, ...mistakes: [place: string, text: RegExp][]][] = [
  ["is not an object", [1], ["", /expected object/]],
  [
    "has misspelled members",
    { abuot: "x", about: "x", schema: true, columns: { a: { pth: "", path: "" } } },
    [
      "/columns/a/pth",
      /unknown member\. Did you mean path\?/,
    ],
    ["/abuot", /Did you mean about\?/],
  ],
  [
    "has values of the wrong type",
    { about: 5, columns: { a: { path: "", epoch: "h" } }, consumeOnly: 1 },
    [
      "/about",
      /expected string, received number\. Expected: Description/,
    ],
    ["/columns/a/epoch", /"s"\|"ms"\|"us"\|"ns"/],
    ["/consumeOnly", /expected boolean/],
  ],
  ["has a table that PostgreSQL would fold", { table: "Sales.orders" }, [
    "/table",
    /folds Sales to sales\. Write sales, or "\\"Sales\\"" for exactly this name\./,
  ]],
  ["has a key word as table", { table: "order" }, [
    "/table",
    /order is a key word of SQL\. Write "\\"order\\""/,
  ]],
  ["has a table that is no name", { table: "a b" }, ["/table", /not the name of a table in SQL/]],
  ["has a long table name", { table: "x".repeat(64) }, ["/table", /has 64 bytes, PostgreSQL allows 63/]],
  [
    "has a path without a member",
    { columns: { a: { path: "/nmae" }, b: { path: "name" }, c: {} } },
    [
      "/columns/a/path",
      /the schema has no \/nmae\. Did you mean \/name\?/,
    ],
    ["/columns/b/path", /not a JSON pointer/],
    ["/columns/c", /the schema has no property c/],
  ],
  [
    "has a type that cannot store the values",
    {
      columns: {
        name: { type: "boolean" },
        size: { type: "text" },
        at: { path: "/size", type: "timestamptz" },
      },
    },
    ["/columns/name/type", /boolean cannot store values of the type string/],
    [
      "/columns/size/type",
      /text cannot store values of the type integer/,
    ],
    ["/columns/at/epoch", /is missing, but the schema allows numbers/],
  ],
  ["has unknown types", { columns: { name: { type: "numerc(5)" }, size: { type: "numeric(a)" } } }, [
    "/columns/name/type",
    /unknown type numerc\(5\)\. Did you mean numeric\?/,
  ], ["/columns/size/type", /unknown type numeric\(a\)/]],
  [
    "has wrong options of columns",
    {
      columns: {
        name: { aliases: ["n"], epoch: "ms", timeZone: "Europe/Berlin" },
        at: { path: "/name", type: "timestamptz", timeZone: "Europe/Berln" },
        offset: { metadata: "offset", path: "/name" },
      },
    },
    ["/columns/name/epoch", /no effect on the type text/],
    ["/columns/name/timeZone", /no effect/],
    [
      "/columns/at/timeZone",
      /unknown time zone Europe\/Berln\. Did you mean Europe\/Berlin\?/,
    ],
    ["/columns/offset/path", /a column of metadata has no path/],
  ],
  [
    "has metadata in a column of the wrong type",
    {
      columns: {
        offset: { metadata: "offset", type: "integer" },
        h: { metadata: "headers", type: "hstore" },
      },
    },
    ["/columns/offset/type", /integer cannot store the offset of a record\. Write one of bigint, numeric/],
    [
      "/columns/h/type",
      /hstore cannot store the headers/,
    ],
  ],
  ["has an alias that is a property", { columns: { name: { aliases: ["n", "size"] } } }, [
    "/columns/name/aliases/1",
    /size is a property of the schema itself/,
  ]],
  [
    "has keys that are no columns",
    { key: "x", write: { mode: "upsert", key: ["y", "name", "name"] } },
    [
      "/key",
      /there is no column x that stores a member\. Name one of name, size/,
    ],
    ["/write/tombstones", /is missing/],
    ["/write/key/0", /no column y/],
    ["/write/key/2", /name occurs twice/],
  ],
  ["stores a member in the column of the position", {
    columns: { name: {}, kafka_offset: { path: "/size" } },
    write: { mode: "upsert", key: ["name"], tombstones: "delete" },
  }, ["/columns/kafka_offset", /kafka_offset is the column of the offset in an upsert stream/]],
  ["appends with a key", { write: { mode: "append", key: ["name"] } }, [
    "/write/key",
    /no effect with the mode append/,
  ]],
  ["has a topic that Kafka does not allow", { topic: "a b" }, [
    "/topic",
    /Kafka does not allow the topic name "a b"\. Write 1 to 249 letters/,
  ]],
  ["has a system column", { columns: { ctid: { path: "/name" } } }, [
    "/columns/ctid",
    /has a system column ctid/,
  ]],
  ["has misspelled metadata", { columns: { t: { metadata: "tiemstamp" } } }, [
    "/columns/t/metadata",
    /expected one of .*\. Did you mean timestamp\?/,
  ]],
  ["has no object as a column", { columns: { name: "text" } }, [
    "/columns/name",
    /expected object, received string\. Write an object with members of type, path/,
  ]],
  ["has an empty description", { about: "" }, ["/about", /is empty\. Expected: Description/]],
  ["has metadata of the position in the key", {
    columns: { name: {}, at: { metadata: "timestamp" } },
    write: { mode: "upsert", key: ["at"], tombstones: "delete" },
  }, ["/write/key/0", /the column at differs between records of the same key\. Name one of name/]],
  ["stores other metadata in the column of the position", {
    columns: { name: {}, kafka_offset: { metadata: "topic" } },
    write: { mode: "upsert", key: ["name"], tombstones: "delete" },
  }, ["/columns/kafka_offset", /is the column of the offset/]],
  ["has text values with a schema", { format: "text" }, ["/schema", /has no schema/], [
    "/columns",
    /is missing, and the schema has no properties/,
  ]],
  ["stores bytes in a text column", { format: "bytes", schema: undefined, columns: { v: { path: "" } } }, [
    "/columns/v",
    /cannot be stored as text\. Write "type": "bytea"/,
  ]],
];

for (const [about, file, ...mistakes] of MISTAKES) {
  Deno.test(`readStreamFile() reports every mistake when a file ${about}`, () => {
    assert.deepEqual(
      mistakesOf(file).map((
        [place, text],
      ) => [place, mistakes.find(([at, m]) => at === place && m.test(text))?.[1] ?? text]),
      mistakes,
    );
  });
}

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
