import assert from "assert";
import { seededRandom } from "./random.ts";

Deno.test("seededRandom() returns the same numbers when the seed is the same, and others when it differs", () => {
  const numbers = (seed: number) => {
    const random = seededRandom(seed);
    return Array.from({ length: 20 }, () => random.next());
  };
  assert.deepEqual(numbers(7), numbers(7));
  assert.notDeepEqual(numbers(7), numbers(8));
});

Deno.test("between() returns every integer of the range and no other", () => {
  const random = seededRandom(1);
  const found = new Set(Array.from({ length: 200 }, () => random.between(3, 6)));
  assert.deepEqual([...found].sort(), [3, 4, 5, 6]);
});
