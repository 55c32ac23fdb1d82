import assert from "assert";
import { z } from "zod";
import type { Column, Stream } from "../stream.ts";
import { decimal } from "../types/decimal.ts";
import { isNullable, labelsOf } from "./column_schema.ts";

const label = z.enum(["EUR", "USD"]);
const schema = z.object({
  required: z.string().max(3).refine((text) => text !== "x"),
  amount: decimal({ min: "0" }).refine(() => true),
  list: z.array(z.string().nullable()),
  defaulted: z.string().default("x"),
  literal: z.literal(["a", "b"]),
  label,
  labels: z.array(label.nullable()),
  optionalLabel: label.nullable().optional(),
  optional: z.string().optional(),
  nullish: z.number().nullish(),
  nullDefault: z.string().nullable().default(null),
  union: z.union([z.string(), z.null()]),
  any: z.any(),
  transformed: z.string().transform((text) => text === "" ? null : text),
  inner: z.object({ required: z.string(), optional: z.string().optional() }),
  outer: z.object({ required: z.string() }).optional(),
  tuple: z.tuple([z.number()]).rest(z.number()),
  record: z.record(z.string(), z.string()),
});
const stream = { schema } as unknown as Stream;
const column = (...path: (string | number)[]): Column => ({ name: "c", type: "text", path });

Deno.test("isNullable() is false only if the schema's output is never null or absent", () => {
  for (
    const path of [
      ...["required", "amount", "list", "defaulted", "literal", "label", "labels", "inner"].map((
        name,
      ) => [name]),
      ["inner", "required"],
      ["tuple", 0],
      [],
    ]
  ) assert.equal(isNullable(stream, column(...path)), false, path.join());
  for (
    const path of [
      ...["optional", "nullish", "nullDefault", "union", "any", "transformed", "unknown"].map((
        name,
      ) => [name]),
      ["inner", "optional"],
      ["outer", "required"],
      ["tuple", 1],
      ["list", 0],
      ["record", "x"],
    ]
  ) assert.equal(isNullable(stream, column(...path)), true, path.join());
  assert.equal(isNullable(stream, { name: "o", metadata: "offset" }), false);
  assert.equal(isNullable(stream, { name: "k", metadata: "key" }), true);
});

Deno.test("labelsOf() returns the labels of enums, of their arrays, and of literals", () => {
  assert.deepEqual(labelsOf(stream, column("label")), ["EUR", "USD"]);
  assert.deepEqual(labelsOf(stream, column("labels")), ["EUR", "USD"]);
  assert.deepEqual(labelsOf(stream, column("optionalLabel")), ["EUR", "USD"]);
  assert.deepEqual(labelsOf(stream, column("literal")), ["a", "b"]);
  for (const name of ["required", "list", "any", "inner", "unknown"]) {
    assert.equal(labelsOf(stream, column(name)), undefined, name);
  }
});
