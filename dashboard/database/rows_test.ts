import assert from "assert";
import { toSeconds } from "./rows.ts";

Deno.test("toSeconds() recognizes the unit of a time by its size", () => {
  const seconds = 1_700_000_000;
  assert.deepEqual([1, 1e3, 1e6, 1e9].map((unit) => toSeconds(seconds * unit)), Array(4).fill(seconds));
  assert.deepEqual([toSeconds(0), toSeconds(NaN), toSeconds(Infinity)], [0, 0, 0]);
});
