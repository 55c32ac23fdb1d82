import assert from "assert";
import { RowMultiset } from "./row_multiset.ts";

Deno.test("RowMultiset distinguishes rows when they differ in one bit or in the sign of zero", () => {
  const rows = new RowMultiset(2);
  rows.add([1, 0.1]);
  rows.add([1, 0]);
  assert.equal(rows.count([1, 0.1]), 1);
  assert.equal(rows.count([1, 0.1 + 2 ** -56]), undefined);
  assert.equal(rows.count([1, -0]), undefined);
});

Deno.test("RowMultiset counts a row when it is added and removed", () => {
  const rows = new RowMultiset(1);
  assert.equal(rows.add([5], 2), 2);
  assert.equal(rows.add([5], -1), 1);
  assert.equal(rows.add([5], -1), 0);
  assert.equal(rows.count([5]), 0);
});
