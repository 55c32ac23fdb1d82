import assert from "assert";
import { progressOf } from "./progress.ts";

const partition = (low: number, high: number) => ({ topic: "t", partition: 0, low, high });

Deno.test("progressOf() sums the lag and the high watermarks", () => {
  assert.deepEqual(progressOf([partition(0, 10), partition(0, 5)], ({ high }) => high - 2), {
    produced: 15,
    lag: 4,
  });
});

Deno.test("progressOf() has no lag when all records are stored", () => {
  assert.deepEqual(progressOf([partition(0, 10), partition(3, 3)], ({ high }) => high), {
    produced: 13,
    lag: 0,
  });
});

Deno.test("progressOf() excludes records deleted by retention", () => {
  assert.deepEqual(progressOf([partition(8, 10), partition(4, 4)], () => 0), { produced: 14, lag: 2 });
});

Deno.test("progressOf() has no lag when the topic was recreated and PostgreSQL is ahead", () => {
  assert.deepEqual(progressOf([partition(0, 3)], () => 99), { produced: 3, lag: 0 });
});
