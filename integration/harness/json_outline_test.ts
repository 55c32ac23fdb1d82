import assert from "assert";
import fc from "fast-check";
import { jsonOutline } from "./json_outline.ts";

Deno.test("outline() lists the outermost names, repeated ones too, when strings hold brackets and quotes", () => {
  const text = String.raw`{ "a" : "{[\"}" , "b\u0061":{"c":{"d":[]}},"a":["e","f"] }`;
  assert.deepEqual(jsonOutline(text), { depth: 4, names: ["a", "ba", "a"] });
});

Deno.test("outline() finds no names when the outermost value is an array or a text", () => {
  assert.deepEqual(jsonOutline('["a",{"b":1}]'), { depth: 2, names: [] });
  assert.deepEqual(jsonOutline('"a\\\\"'), { depth: 0, names: [] });
});

Deno.test("outline() agrees with JSON.parse when the text is any JSON object", () => {
  const depthOf = (value: unknown): number =>
    typeof value === "object" && value !== null ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ unit: "binary" }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 6 }),
      (record) => {
        const text = JSON.stringify(record, null, 1);
        const { depth, names } = jsonOutline(text);
        const parsed = JSON.parse(text);
        assert.equal(depth, depthOf(parsed));
        assert.deepEqual(new Set(names), new Set(Object.keys(parsed)));
      },
    ),
  );
});
