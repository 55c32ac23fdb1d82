import assert from "assert";
import { mistakesOf } from "../read_fixture.ts";

/** A schema of the member `a`, and the place and text of its mistake. */
const SCHEMAS: [schema: unknown, place: string, text: RegExp][] = [
  [{ not: {} }, "/not", /not is not supported\. Remove it, or define the stream in TypeScript/],
  [{ if: {} }, "/if", /if is not supported/],
  [{ dependentRequired: {} }, "/dependentRequired", /not supported/],
  [{ unevaluatedProperties: false }, "/unevaluatedProperties", /not supported/],
  [{ definitions: {} }, "/definitions", /Write \$defs/],
  [{ nullable: true }, "/nullable", /Add "null" to the type/],
  [{ $anchor: "x" }, "/$anchor", /not supported/],
  [{ type: "object", proprties: {} }, "/proprties", /unknown keyword.*Did you mean properties\?/],
  [{ type: "object", properties: { b: { "x-y": 1 } } }, "/properties/b/x-y", /unknown keyword.*\$comment/],
  [{ anyOf: [{ allOf: [{ if: {} }] }] }, "/anyOf/0/allOf/0/if", /not supported/],
  [{ minLength: 1 }, "/minLength", /no effect without the type string\. Add "type": "string"/],
  [{ type: ["null", "integer"], pattern: "x" }, "/pattern", /no effect without the type string/],
  [{ type: "string", maxLength: -1 }, "/maxLength", /not a count/],
  [{ type: "string", pattern: "(" }, "/pattern", /regular expression/],
  [{ type: "string", format: "regex" }, "/format", /the format "regex" is not supported/],
  [{ type: "string", format: "datetime" }, "/format", /Did you mean date-time\?/],
  [{ type: "string", contentEncoding: "base32" }, "/contentEncoding", /Write base64/],
  [{ type: "strng" }, "/type", /"strng" is not a type\. Did you mean string\?/],
  [{ type: [] }, "/type", /missing or occur twice/],
  [{ type: "number", minimum: 2, maximum: 1 }, "/maximum", /less than minimum: no value is valid/],
  [{ type: "number", multipleOf: 0 }, "/multipleOf", /not above 0/],
  [{ type: "integer", multipleOf: 0.5 }, "/multipleOf", /not a whole number/],
  [{ type: "integer", minimum: "1" }, "/minimum", /not a number/],
  [{ type: "object", required: "b" }, "/required", /not an array of different names/],
  [{ type: "array", items: [{}] }, "/items", /not a schema\. Write prefixItems/],
  [{ type: "array", minContains: 1 }, "/minContains", /no effect without contains/],
  [{ type: "object", properties: { constructor: true } }, "/properties", /cannot have the name constructor/],
  [{ type: "object", patternProperties: { "[": true } }, "/patternProperties/[", /regular expression/],
  [
    { type: "object", properties: { name: true }, required: ["nmae"] },
    "/required",
    /no property nmae\. Did you mean name\?/,
  ],
  [
    { type: "object", additionalProperties: false, required: ["b"] },
    "/required",
    /no property b\. Add it to properties/,
  ],
  [
    { type: "integer", minimum: 10, exclusiveMaximum: 10 },
    "/exclusiveMaximum",
    /not above minimum: no value is valid/,
  ],
  [{ type: "integer", exclusiveMinimum: true }, "/exclusiveMinimum", /Write the limit itself/],
  [{ type: "integer", maxLength: 5 }, "/maxLength", /Remove maxLength, or correct the type/],
  [{ type: "object", required: true }, "/required", /in the schema of the object/],
  [{ enum: ["a", "a"] }, "/enum", /"a" occurs twice/],
  [
    { type: "array", items: { type: "string", default: "x" } },
    "/items/default",
    /only in the schema of a property/,
  ],
  [{ enum: [] }, "/enum", /at least one value/],
  [{ enum: [{}] }, "/enum", /values of the type object are not supported/],
  [{ type: "integer", enum: [1, "2"] }, "/enum", /"2" is not of the type integer/],
  [{ $ref: "https://example.com/a.json" }, "/$ref", /only references within the file/],
  [{ $ref: "#/$defs/absent" }, "/$ref", /the schema has no #\/\$defs\/absent/],
  [{ $ref: "#/properties/a" }, "/$ref", /leads back to itself/],
  [{ anyOf: [{ type: "null" }, { $ref: "#/properties/a" }] }, "/anyOf/1/$ref", /leads back to itself/],
  [{ $ref: "#", minLength: 1 }, "/minLength", /beside \$ref is not supported/],
  [{ $schema: "http://json-schema.org/draft-07/schema#" }, "/$schema", /another version/],
  [{ type: "string", default: 1 }, "/default", /the default is invalid/],
  [5, "", /not a schema/],
];

for (const [schema, place, text] of SCHEMAS) {
  Deno.test(`checkSchema() reports the mistake when a schema is ${JSON.stringify(schema)}`, () => {
    const found = mistakesOf({
      schema: { type: "object", properties: { a: schema, b: true } },
      columns: { b: { type: "jsonb" } },
    });
    assert.equal(found.length, 1, JSON.stringify(found));
    assert.equal(found[0]![0], `/schema/properties/a${place}`);
    assert.match(found[0]![1], text);
  });
}

Deno.test("checkSchema() reports a default of a required member", () => {
  const schema = { type: "object", required: ["a"], properties: { a: { type: "string", default: "x" } } };
  assert.match(mistakesOf({ schema })[0]![1], /a required member does not need a default/);
});
