import assert from "assert";
import { RecentRows } from "./recent_rows.ts";

Deno.test("RecentRows.rows() returns the latest rows of each key by timestamp when they were added in another order", () => {
  const recent = new RecentRows(2);
  recent.add([["1", 30, 0], ["2", 5, 0], ["1", 10, 0], ["1", 20, 0]]);
  assert.deepEqual(recent.rows(), [["2", 5, 0], ["1", 20, 0], ["1", 30, 0]]);
});

Deno.test("RecentRows.add() drops the keys seen least recently when there are too many", () => {
  const recent = new RecentRows(1);
  recent.add(Array.from({ length: 2_000 }, (_, key) => [String(key), 0]));
  recent.add([["0", 1], ["5000", 1]]);
  const keys = new Set(recent.rows().map(([key]) => key));
  assert.equal(keys.size, 2_000);
  assert.ok(keys.has("0") && keys.has("5000") && !keys.has("1"));
});

Deno.test("RecentRows.rows() is bounded when many keys have many rows", () => {
  const recent = new RecentRows(60);
  for (let time = 0; time < 60; time++) {
    recent.add(Array.from({ length: 1_000 }, (_, key) => [String(key), time]));
  }
  assert.equal(recent.rows().length, 12_000);
});

Deno.test("RecentRows.add() keeps the row that was added last, also with an older time, when rows are updated", () => {
  const recent = new RecentRows(1, true);
  recent.add([["1", 30, "new"], ["1", 20, "newer"]]);
  assert.deepEqual(recent.rows(), [["1", 20, "newer"]]);
});
