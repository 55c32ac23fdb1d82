import assert from "assert";
import { fastest, median } from "./runs.ts";

Deno.test("median() is the run in the middle, the lower one of two", () => {
  assert.equal(median([3, 1, 2], (n) => n), 2);
  assert.equal(median([4, 1, 2, 3], (n) => n), 2);
});

Deno.test("fastest() is the run that took least", () => {
  assert.deepEqual(fastest([{ s: 3 }, { s: 1 }, { s: 2 }], ({ s }) => s), { s: 1 });
});
