import assert from "assert";
import { mistakesOf } from "./read_fixture.ts";

/** A file with a column of each property. */
const fileOf = (properties: Record<string, unknown>, columns: Record<string, unknown>) => ({
  schema: { type: "object", properties },
  columns,
});

Deno.test("readStreamFile() reports a default when the type of its column rejects it", () => {
  const file = fileOf({
    size: { type: "integer", default: 70_000 },
    amount: { type: "number", default: 0.125 },
    at: { type: "string", default: "2026-01-02T03:04:05" },
    box: {
      type: "object",
      default: { name: "too long" },
      properties: { name: { type: "string" } },
    },
    disk: { type: "object", properties: { side: { type: "integer", default: 1e6 } } },
  }, {
    size: { type: "smallint" },
    amount: { type: "numeric(5,2)" },
    at: { type: "timestamptz" },
    name: { path: "/box/name", type: "varchar(3)" },
    side: { path: "/disk/side", type: "smallint" },
  });
  const expected: [place: string, text: RegExp][] = [
    ["/columns/size", /^the type smallint rejects the default of \/size: out of range .*: 70000\. Correct/],
    ["/columns/amount", /numeric\(5,2\) rejects the default of \/amount/],
    ["/columns/at", /timestamptz rejects the default of \/at: no offset from UTC/],
    ["/columns/name", /varchar\(3\) rejects the default of \/box: 8 characters/],
    ["/columns/side", /smallint rejects the default of \/disk\/side/],
  ];
  const mistakes = mistakesOf(file);
  assert.deepEqual(mistakes.map(([place]) => place), expected.map(([place]) => place));
  mistakes.forEach(([, text], i) => assert.match(text, expected[i]![1]));
});

Deno.test("readStreamFile() accepts a default when the options of its column make it valid", () => {
  const file = fileOf({
    at: { type: "string", default: "2026-01-02T03:04:05" },
    since: { type: "integer", default: 1_700_000_000 },
    kind: { enum: ["a", "b", null], default: null },
    tags: { type: "array", items: { type: "string" }, default: [] },
  }, {
    at: { type: "timestamptz", timeZone: "+02:00" },
    since: { type: "timestamptz", epoch: "s" },
    kind: { type: "kind" },
    tags: {},
  });
  assert.deepEqual(mistakesOf(file), []);
});

Deno.test("readStreamFile() reports a label when it is longer than PostgreSQL allows", () => {
  const file = fileOf({ kind: { enum: ["a", "ä".repeat(32)] } }, { kind: { type: "kind" } });
  const [[place, text]] = mistakesOf(file) as [[string, string]];
  assert.equal(place, "/columns/kind/type");
  assert.match(text, /the label "ä+" has 64 bytes, PostgreSQL allows 63\. Shorten it, or write text\./);
  assert.deepEqual(mistakesOf(fileOf({ kind: { enum: ["ä".repeat(31)] } }, { kind: { type: "kind" } })), []);
});

Deno.test("readStreamFile() reports the name __proto__ when it is that of a column or in a path", () => {
  const places = (text: string) => {
    const file = JSON.parse(text) as object;
    return mistakesOf(JSON.stringify({ about: "x", ...file })).map(([place]) => place);
  };
  assert.deepEqual(places('{"columns":{"a":{"path":""},"__proto__":{"path":""}}}'), ["/columns/__proto__"]);
  const schema = '"schema":{"type":"object","additionalProperties":{"type":"string"}}';
  assert.deepEqual(places(`{${schema},"columns":{"a":{"path":"/__proto__"}}}`), ["/columns/a/path"]);
});
