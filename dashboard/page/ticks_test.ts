import assert from "assert";
import { countTicks, decimalSteps, DURATION_STEPS, durationTicks, LAG_AXIS, scaleEnd } from "./ticks.ts";

Deno.test("decimalSteps() are integers when the smallest is 1", () => {
  assert.deepEqual(decimalSteps(1, 100), [1, 2, 5, 10, 20, 50, 100]);
  assert.deepEqual(decimalSteps(0.001, 0.05), [0.001, 0.002, 0.005, 0.01, 0.02, 0.05]);
});

Deno.test("DURATION_STEPS ascend, and are whole minutes when they are a minute or more", () => {
  assert.deepEqual([...DURATION_STEPS].sort((a, b) => a - b), DURATION_STEPS);
  assert.ok(DURATION_STEPS.every((step) => step < 60 || step % 60 === 0));
});

Deno.test("countTicks() has the unit of the largest tick, and no two equal texts", () => {
  assert.deepEqual(countTicks([0, 1, 2]), ["0", "1", "2"]);
  assert.deepEqual(countTicks([0, 0.1, 0.2]), ["0", "0.1", "0.2"]);
  assert.deepEqual(countTicks([0, 5_000, 10_000]), ["0", "5 k", "10 k"]);
  assert.deepEqual(countTicks([0, 500_000, 1_000_000]), ["0", "0.5 M", "1 M"]);
  assert.deepEqual(countTicks([0, 2e9]), ["0", "2 G"]);
});

Deno.test("durationTicks() has the unit of the largest tick", () => {
  assert.deepEqual(durationTicks([0, 0.0005, 0.001]), ["0", "0.5 ms", "1 ms"]);
  assert.deepEqual(durationTicks([0, 0.5, 1]), ["0", "0.5 s", "1 s"]);
  assert.deepEqual(durationTicks([0, 60, 120]), ["0", "1 min", "2 min"]);
  assert.deepEqual(durationTicks([0, 3_600, 7_200]), ["0", "1 h", "2 h"]);
});

Deno.test("scaleEnd() is a round number at or above the value", () => {
  assert.deepEqual([0, 100, 101, 4_300, 5_001].map((value) => scaleEnd(value, 100)), [
    100,
    100,
    200,
    5_000,
    10_000,
  ]);
});

Deno.test("LAG_AXIS has only ticks with different integers", () => {
  assert.ok(LAG_AXIS.steps.every(Number.isInteger));
  assert.ok(LAG_AXIS.end >= LAG_AXIS.steps[0]!);
});
