import assert from "assert";
import { mistakesOf } from "./read_fixture.ts";

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
  ["has a table of the consumer", { table: "rejected_records" }, [
    "/table",
    /the consumer stores its own data in the table rejected_records/,
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
    ["/columns/b/path", /not a JSON pointer\. Write \/name\./],
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
  ["has misspelled metadata", { columns: { t: { metadata: "Timestamp" } } }, [
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
  [
    "has types with invalid numbers",
    {
      columns: { name: { type: "varchar(0)" }, size: { type: "numeric(2000,2)" } },
    },
    ["/columns/name/type", /length is not from 1 to/],
    ["/columns/size/type", /precision is not from 1 to/],
  ],
  ["has types of JSON Schema", { columns: { name: { type: "string" } } }, [
    "/columns/name/type",
    /unknown type string\. Write text\./,
  ]],
  [
    "has options without effect on the values",
    {
      columns: {
        a: { path: "/name", type: "timestamptz", epoch: "ms" },
        b: { path: "/size", type: "timestamptz", epoch: "ms", timeZone: "UTC" },
      },
    },
    ["/columns/a/epoch", /allows no numbers/],
    ["/columns/b/timeZone", /allows no texts/],
  ],
  ["has repeated aliases", { columns: { name: { aliases: ["n", "n"] }, size: { aliases: ["n"] } } }, [
    "/columns/name/aliases/1",
    /n occurs twice/,
  ], ["/columns/size/aliases/0", /n is an alias of name, too/]],
  [
    "has an unknown type in the schema",
    { schema: { type: "object", properties: { a: { type: "strng" } } } },
    [
      "/schema/properties/a/type",
      /Did you mean string\?/,
    ],
  ],
  [
    "has members of bytes",
    {
      format: "bytes",
      schema: undefined,
      columns: { v: {}, w: { path: "/x", type: "bytea" } },
    },
    ["/columns/v/path", /is missing\. Write "path": ""/],
    ["/columns/w/path", /has no members/],
  ],
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
