import assert from "assert";
import { trailsAt } from "./trails_at.ts";

Deno.test("trailsAt() has each user's rows up to a moment, oldest first, and none after", () => {
  const rows = [[1, 1], [2, 2], [1, 3], [2, 4]];
  assert.deepEqual([...trailsAt(rows, 2)].sort(), [[1, [[1, 1], [1, 3]]], [2, [[2, 2]]]]);
  assert.equal(trailsAt([], 0).size, 0);
});
