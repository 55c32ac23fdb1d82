import assert from "assert";
import { escapeBytes } from "./escape_bytes.ts";
import { type Expectation, expectedRows } from "./expected_rows.ts";
import { HOSTILE_VALUES } from "./hostile_values.ts";
import { ALL_RULES, ROUTES, type Rules, rulesOf, TYPESCRIPT_STREAMS } from "./rules.ts";

type Value = string | Uint8Array | null;

/** What must become of records with these values. */
async function expectations(values: readonly Value[], rules: Rules = ROUTES): Promise<Expectation[]> {
  const records = values.map((value, offset) => ({
    partition: 0,
    offset,
    timestamp: 1_700_000_000_123,
    headers: "NO_HEADERS",
    key: null,
    value: value === null
      ? null
      : escapeBytes(typeof value === "string" ? new TextEncoder().encode(value) : value),
  }));
  return await expectedRows(rules, rules.topic, records);
}

Deno.test("ALL_RULES describes every stream in TypeScript", () => {
  assert.deepEqual(TYPESCRIPT_STREAMS.filter((name) => !ALL_RULES.has(name)), []);
  assert.throws(() => rulesOf("unknown"), /Stream unknown has no description: write .*unknown\.json/);
});

Deno.test("expectedRows() returns the rows in HOSTILE_VALUES for each of them", async () => {
  assert.equal(new Set(HOSTILE_VALUES.map(({ kind }) => kind)).size, HOSTILE_VALUES.length, "kinds differ");
  const results = await expectations(HOSTILE_VALUES.map(({ value }) => value));
  for (const [n, hostile] of HOSTILE_VALUES.entries()) {
    const expected = "row" in hostile ? hostile.row.map(toText) : undefined;
    assert.deepEqual(results[n]!.row, expected, `${hostile.kind}: ${JSON.stringify(results[n])}`);
  }
});

/** A double as PostgreSQL writes it: with an exponent below 10^-4 and from 10^15 on. JavaScript writes −0 as 0. */
function toText(number: number): string {
  if (number === 0) return Object.is(number, -0) ? "-0" : "0";
  const isShort = Math.abs(number) >= 1e-4 && Math.abs(number) < 1e15;
  return isShort ? `${number}` : number.toExponential().replace(/e([+-])(\d)$/, "e$10$2");
}

/** A stream with one column `c`. */
const single = (type: string, schema: unknown, more: Record<string, unknown> = {}): Rules => ({
  name: "single",
  topic: "single",
  table: "single",
  columns: [{ name: "c", type, path: ["c"], ...more } as Rules["columns"][number]],
  schema: { type: "object", required: ["c"], properties: { c: schema } },
});

/** Type, schema, more members of the column, and the text of each JSON value; undefined if it must be rejected. */
const TYPES: [string, unknown, Record<string, unknown>, Record<string, string | undefined>][] = [
  ["bigint", { type: "integer" }, {}, {
    "9223372036854775807": "9223372036854775807",
    "9223372036854775808": undefined,
    "-9223372036854775808": "-9223372036854775808",
    "1.0": "1",
    "1.5": undefined,
    '"1"': undefined,
  }],
  ["numeric", { type: "number" }, {}, {
    "0.1": "0.1",
    "1.10": "1.10",
    "1234567890123456789012345678901234567890.5": "1234567890123456789012345678901234567890.5",
    "-0": "0",
    "1e3": "1000",
    "1.5e-3": "0.0015",
  }],
  ["numeric(6,2)", { type: "number", minimum: 0 }, {}, {
    "1.5": "1.50",
    "1.505": undefined,
    "9999.99": "9999.99",
    "10000": undefined,
    "-1": undefined,
  }],
  ["real", { type: "number" }, {}, {
    "0.1": "0.1",
    "1e6": "1e+06",
    "16777217": "1.6777216e+07",
    "1e39": undefined,
  }],
  ["double precision", { type: "number" }, {}, {
    "1e15": "1e+15",
    "123456789012345": "123456789012345",
    "0.0001": "0.0001",
    "0.00001": "1e-05",
    "1e400": undefined,
  }],
  ["boolean", { type: "boolean" }, {}, { "true": "t", "false": "f", "1": undefined }],
  ["varchar(3)", { type: "string" }, {}, { '"é𝄞 "': "é𝄞 ", '"abc "': undefined, '"\\u0000"': undefined }],
  ["text", { type: ["string", "null"] }, {}, { "null": undefined, '"\\ud800"': undefined, '"\\\\"': "\\" }],
  ["bytea", { type: "string" }, {}, { '"AP8="': "\\x00ff", '""': "\\x", '"!"': undefined }],
  ["date", { type: "string" }, {}, { '"2024-02-29"': "2024-02-29", '"2023-02-29"': undefined }],
  ["timestamptz", { type: "string" }, {}, {
    '"2024-02-29T23:30:00.1234567-01:00"': "2024-03-01 00:30:00.123457+00",
    '"2024-02-29T23:30:60Z"': "2024-02-29 23:31:00+00",
    '"2024-02-29T23:30:00"': undefined,
    '"2024-02-29T24:00:00Z"': undefined,
    '"infinity"': undefined,
  }],
  ["timestamptz", { type: "string" }, { timeZone: "Europe/Berlin" }, {
    '"2024-07-01T12:00:00"': "2024-07-01 10:00:00+00",
  }],
  ["timestamptz", { type: "number" }, { epoch: "ms" }, { "1700000000123": "2023-11-14 22:13:20.123+00" }],
  ["mood", { enum: ["sad", "ok"] }, { labels: ["sad", "ok"] }, { '"ok"': "ok", '"glad"': undefined }],
  ["jsonb", {}, {}, {
    '{"bb":1.0,"a":[1e2,"\\u00e9\\n"],"b":{}}': '{"a": [100, "é\\n"], "b": {}, "bb": 1.0}',
    '"\\u0000"': undefined,
  }],
  ["text[]", { type: "array", items: { type: "string" } }, {}, {
    '["a","","null","a b","{\\"}"]': '{a,"","null","a b","{\\"}"}',
    "[]": "{}",
    "[1]": undefined,
  }],
];

for (const [type, schema, more, texts] of TYPES) {
  Deno.test(`expectedRows() returns PostgreSQL's texts of ${type} when the column has ${JSON.stringify(more)}`, async () => {
    const results = await expectations(
      Object.keys(texts).map((text) => `{"c":${text}}`),
      single(type, schema, more),
    );
    const found = Object.keys(texts).map((text, n) => [text, results[n]!.row?.[0] ?? undefined]);
    assert.deepEqual(Object.fromEntries(found), texts);
  });
}

Deno.test("expectedRows() throws when a schema has a keyword that the oracle does not know", async () => {
  await assert.rejects(
    expectations(['{"c":1}'], single("integer", { type: "integer", not: {} })),
    /does not know the keyword not/,
  );
});

Deno.test("expectedRows() keeps the latest record of each key when the stream upserts", async () => {
  const rules: Rules = {
    ...single("integer", { type: "integer" }),
    write: { mode: "upsert", key: ["c"], tombstones: "delete" },
  };
  const results = await expectations(['{"c":1}', '{"c":2}', '{"c":1,"x":1}', '{"c":"x"}'], rules);
  assert.deepEqual(results.map(({ row }) => row), [undefined, ["2"], ["1"], undefined]);
  assert.match(results[3]!.row ? "" : results[3]!.rejected!, /record\.c violates integer/);
});
