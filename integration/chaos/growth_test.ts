import assert from "assert";
import { growthOf } from "./growth.ts";

const ALLOWANCE = { share: 0.25, amount: 40 };

Deno.test("growthOf() reports growth when the last third exceeds the first by more than the allowance", () => {
  const leaking = Array.from({ length: 30 }, (_, i) => 100 + 10 * i);
  assert.deepEqual(growthOf(leaking, ALLOWANCE), { first: 150, last: 350, hasGrown: true });
});

Deno.test("growthOf() reports no growth when values fluctuate with occasional peaks", () => {
  const steady = Array.from({ length: 30 }, (_, i) => 100 + 30 * (i % 3) + (i % 10 === 9 ? 500 : 0));
  assert.equal(growthOf(steady, ALLOWANCE)!.hasGrown, false);
});

Deno.test("growthOf() returns undefined when there are too few readings", () => {
  assert.equal(growthOf([1, 1000], ALLOWANCE), undefined);
});
