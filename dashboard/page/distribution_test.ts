import assert from "assert";
import { histogram, topValues } from "./distribution.ts";

const COLUMN = { name: "a", type: "numeric", isNumber: true };

Deno.test("histogram() counts numbers, also those in text, over the range of the values", () => {
  const { min, max, bins } = histogram(COLUMN, [0, "24.00", 12, null, "NaN"])!;
  assert.deepEqual([min, max, bins.length], [0, 24, 24]);
  assert.deepEqual([bins[0], bins[12], bins[23], bins.reduce((a, b) => a + b)], [1, 1, 1, 3]);
  assert.equal(histogram(COLUMN, [null]), undefined);
  assert.equal(histogram(COLUMN, [7, 7])!.bins[12], 2);
});

Deno.test("histogram() uses the range of the schema, extended by values outside", () => {
  const column = { ...COLUMN, range: [0, 100] as const };
  assert.deepEqual([histogram(column, [50])!.min, histogram(column, [50])!.max], [0, 100]);
  assert.equal(histogram(column, [-5])!.min, -5);
});

Deno.test("topValues() returns the most frequent values with their share, and counts NULL as a value", () => {
  const { top, distinct } = topValues(["a", "b", "a", null, "c", "d", "e", "a"]);
  assert.deepEqual([top[0], top.length, distinct], [["a", 3 / 8], 4, 6]);
});
