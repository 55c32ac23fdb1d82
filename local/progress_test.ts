import assert from "assert";
import { progressOf } from "./progress.ts";

const partition = (low: number, high: number) => ({ topic: "t", partition: 0, low, high });

Deno.test("progressOf() counts what is between PostgreSQL's offset and the end", () => {
  assert.deepEqual(progressOf([partition(0, 10), partition(0, 5)], ({ high }) => high - 2), {
    produced: 15,
    lag: 4,
  });
});

Deno.test("progressOf() has nothing waiting when all is accounted for", () => {
  assert.deepEqual(progressOf([partition(0, 10), partition(3, 3)], ({ high }) => high), {
    produced: 13,
    lag: 0,
  });
});

Deno.test("progressOf() does not wait for records that are kept no more", () => {
  assert.deepEqual(progressOf([partition(8, 10), partition(4, 4)], () => 0), { produced: 14, lag: 2 });
});

Deno.test("progressOf() has nothing waiting when PostgreSQL is ahead of a topic that was made again", () => {
  assert.deepEqual(progressOf([partition(0, 3)], () => 99), { produced: 3, lag: 0 });
});
