import assert from "assert";
import { fastest, median } from "./runs.ts";

Deno.test("median() returns the lower of the two middle runs when their number is even", () => {
  assert.equal(median([3, 1, 2], (n) => n), 2);
  assert.equal(median([4, 1, 2, 3], (n) => n), 2);
});

Deno.test("fastest() returns the run with the fewest seconds", () => {
  assert.deepEqual(fastest([{ s: 3 }, { s: 1 }, { s: 2 }], ({ s }) => s), { s: 1 });
});
