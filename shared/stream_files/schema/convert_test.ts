import { Ajv2020 } from "ajv/dist/2020.js";
import assert from "assert";
import fc from "fast-check";
import type { z } from "zod";
import { stringRules } from "../../codec/node_rules.ts";
import { storesSource } from "../../codec/source_columns.ts";
import { schemaAt } from "../../schema/column_schema.ts";
import { Mistakes } from "../mistakes.ts";
import { parseJson } from "../parse_json.ts";
import { mistakesOf, read } from "../read_fixture.ts";
import { Converter } from "./convert.ts";
import { PLAIN_URL } from "./formats.ts";

/** Converts a schema of which no part is stored in a column. */
function convert(schema: unknown): z.ZodType {
  const mistakes = new Mistakes("test.json");
  const use = { keepsMembers: false, members: new Map() };
  const result = new Converter(parseJson(JSON.stringify(schema), mistakes)!, mistakes)
    .convert(parseJson(JSON.stringify(schema), mistakes)!, use);
  assert.deepEqual(mistakes.problems, []);
  return result;
}

/** Schemas with every supported keyword. */
const SCHEMAS: readonly unknown[] = [
  true,
  false,
  {},
  { type: "string", minLength: 2, maxLength: 3 },
  { type: "string", minLength: 1, pattern: "^a|b" },
  { type: ["string", "null"], maxLength: 1 },
  { type: "integer", minimum: 1, maximum: 9 },
  { type: "integer", exclusiveMinimum: 1, exclusiveMaximum: 9, multipleOf: 3 },
  { type: "integer" },
  { type: "number", minimum: 0.5, exclusiveMaximum: 3 },
  { type: ["number", "boolean"] },
  { enum: ["a", 1, null, true] },
  { enum: ["a", "b"] },
  { const: 2 },
  { type: "array", items: { type: "integer" }, minItems: 1, maxItems: 2 },
  { type: "array", prefixItems: [{ type: "integer" }, { type: "string" }], items: false },
  { type: "array", prefixItems: [{ type: "integer" }, true], minItems: 2, maxItems: 3 },
  { type: "array", prefixItems: [true, { type: "string" }], items: { type: "null" }, minItems: 3 },
  { type: "array", prefixItems: [true, true], maxItems: 1 },
  { type: "array", uniqueItems: true },
  { type: "array", contains: { type: "integer" }, minContains: 2, maxContains: 3 },
  { type: "array", contains: { const: "a" } },
  { type: "object", properties: { a: { type: "integer" }, b: true }, required: ["b", "c"] },
  { type: "object", properties: { a: true }, additionalProperties: false },
  { type: "object", properties: { a: true }, additionalProperties: { type: "integer" } },
  { type: "object", patternProperties: { "^a": { type: "integer" }, b$: true }, additionalProperties: false },
  { type: "object", properties: { a: true }, patternProperties: { b: { type: "string" } }, minProperties: 1 },
  { type: "object", propertyNames: { pattern: "^[ab]", type: "string" }, maxProperties: 1 },
  { anyOf: [{ type: "integer" }, { type: "null" }] },
  { oneOf: [{ type: "integer" }, { type: "number", minimum: 2 }] },
  { allOf: [{ type: "integer" }, { type: "number", minimum: 2 }] },
  {
    type: "object",
    properties: { a: { type: "integer" } },
    allOf: [{ type: "object", required: ["a"] }, { type: "object", properties: { b: { type: "string" } } }],
    anyOf: [{ type: "object", required: ["b"] }, { type: "object", properties: { c: false } }],
  },
  {
    $ref: "#/$defs/node",
    $defs: {
      node: {
        type: "object",
        properties: { a: { $ref: "#/$defs/node" }, b: { type: "array", items: { $ref: "#" } } },
        additionalProperties: false,
      },
    },
  },
];

/** Values of which each schema accepts some. */
const value = fc.letrec((tie) => ({
  value: fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(null, true, false, 0, 1, 2, 3, 6, 9, 10, -1, 0.5, 2.5, 1e300) },
    { weight: 4, arbitrary: fc.constantFrom("", "a", "b", "c", "ab", "abc", "abcd", "😀", "😀😀", "😀😀😀") },
    { weight: 3, arbitrary: fc.array(tie("value"), { maxLength: 4 }) },
    {
      weight: 5,
      arbitrary: fc.dictionary(fc.constantFrom("a", "b", "c", "ab", "ba"), tie("value"), {
        maxKeys: 3,
        noNullPrototype: true,
      }),
    },
  ),
})).value;

Deno.test("convert() accepts the values that an independent validator accepts", () => {
  // `type` arrays and tuples of open length are legal.
  const ajv = new Ajv2020({ strict: false });
  for (const schema of SCHEMAS) {
    const validate = ajv.compile(schema as object);
    const converted = convert(schema);
    fc.assert(
      fc.property(value, (each) => {
        assert.equal(converted.safeParse(each).success, validate(each), JSON.stringify({ schema, each }));
      }),
      { numRuns: 300 },
    );
  }
});

Deno.test("convert() checks the formats that no column type checks", () => {
  const VALUES: [format: string, valid: string, invalid: string][] = [
    ["date-time", "2026-01-02T03:04:05.6+01:00", "2026-01-02T03:04:05"],
    ["date", "2024-02-29", "2023-02-29"],
    ["time", "23:59:60Z", "23:59"],
    ["duration", "P1DT2H", "1 day"],
    ["email", "a@example.com", "a@"],
    ["hostname", "a-b.example", "a_b"],
    ["ipv4", "10.0.0.1", "10.0.0.256"],
    ["ipv6", "::1", ":1"],
    ["uri", "https://example.com/a", "/a"],
    ["uuid", "00000000-0000-0000-0000-0000000000ff", "0"],
  ];
  for (const [format, valid, invalid] of VALUES) {
    const schema = convert({ type: "string", format });
    assert(schema.safeParse(valid).success, valid);
    assert(!schema.safeParse(invalid).success, invalid);
  }
  const base64 = convert({ type: "string", contentEncoding: "base64" });
  assert.deepEqual(["YQ==", "YQ"].map((text) => base64.safeParse(text).success), [true, false]);
});

Deno.test("convert() creates texts that the codec's fast path reads when they have lengths, patterns and formats", () => {
  const limited = { type: "string", minLength: 2, maxLength: 15 };
  const formats = ["date-time", "date", "time", "duration", "email", "hostname", "ipv4", "uri", "uuid"];
  for (const each of [{}, { pattern: "^a" }, ...formats.map((format) => ({ format }))]) {
    const { minLength, maxLength } = stringRules(convert({ ...limited, ...each }))!;
    assert.deepEqual([minLength, maxLength], [2, 15], JSON.stringify(each));
  }
  const email = convert({ ...limited, format: "email" });
  const isValid = (text: string) => email.safeParse(text).success;
  assert.deepEqual(["a@example.com", "abcd@example.com", "a"].map(isValid), [true, false, false]);
});

Deno.test("PLAIN_URL matches only URLs", () => {
  const text = fc.oneof(fc.stringMatching(PLAIN_URL), fc.webUrl());
  let matches = 0;
  fc.assert(
    fc.property(text, (each) => {
      if (!PLAIN_URL.test(each)) return;
      matches++;
      assert.ok(URL.canParse(each), each);
    }),
    { numRuns: 2_000 },
  );
  assert.ok(matches > 1_000);
  for (const invalid of ["https://xn--a.com", "http://1.2.3.456", "https://a.b:99999"]) {
    assert.ok(!URL.canParse(invalid) && !PLAIN_URL.test(invalid), invalid);
  }
});

Deno.test("convert() keeps the title of each reference when several refer to the same schema", () => {
  const to = (title?: string) => ({ $ref: "#/$defs/degrees", ...title && { title } });
  const schema = convert({
    type: "object",
    $defs: { degrees: { type: "number", title: "degrees" } },
    properties: { latitude: to("north"), longitude: to("east"), heading: to() },
  });
  const titles = ["latitude", "longitude", "heading"].map((name) => schemaAt(schema, [name]).texts?.title);
  assert.deepEqual(titles, ["north", "east", "degrees"]);
});

Deno.test("convert() inserts defaults and drops unknown members, which are kept for json columns", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "integer", default: 9223372036854775806 }, b: true },
  };
  const text = JSON.stringify({ about: "x", schema, columns: { a: {}, b: {} } }).replace(
    /922\d+/,
    "9223372036854775807",
  );
  assert.deepEqual(read(text).schema.parse({ x: 1 }), { a: 9223372036854775807n });
  const withRaw = {
    about: "x",
    schema: { ...schema, properties: { b: true } },
    columns: { b: {}, raw: { path: "" } },
  };
  assert.deepEqual(read(withRaw).schema.parse({ x: 1 }), { x: 1 });
  const [mistake] = mistakesOf({ schema, columns: { a: {}, raw: { path: "" } } });
  assert.equal(mistake![0], "/schema/properties/a/default");
  assert.match(mistake![1], /without defaults/);
});

Deno.test("convert() leaves jsonb columns as the record has them, with every keyword", () => {
  for (const schema of SCHEMAS) {
    const { $defs, ...value } = schema === true || schema === false
      ? { not: undefined }
      : schema as { $defs?: unknown };
    const file = {
      about: "x",
      schema: { type: "object", properties: { value }, ...$defs ? { $defs } : {} },
      columns: { value: { type: "jsonb" } },
    };
    if (JSON.stringify(file).includes('"$ref":"#"')) continue;
    assert(storesSource(read(file).schema, ["value"], "jsonb"), JSON.stringify(schema));
  }
});
