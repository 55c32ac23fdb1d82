import assert from "assert";
import { RecentRows } from "./recent_rows.ts";

Deno.test("RecentRows.rows() returns the latest rows of each user by timestamp when they were added in another order", () => {
  const recent = new RecentRows(2);
  recent.add([[1, 30, 0], [2, 5, 0], [1, 10, 0], [1, 20, 0]]);
  assert.deepEqual(recent.rows(), [[2, 5, 0], [1, 20, 0], [1, 30, 0]]);
});

Deno.test("RecentRows.add() drops the users seen least recently when there are too many", () => {
  const recent = new RecentRows(1);
  recent.add(Array.from({ length: 2_000 }, (_, user) => [user, 0]));
  recent.add([[0, 1], [5_000, 1]]);
  const users = new Set(recent.rows().map(([user]) => user));
  assert.equal(users.size, 2_000);
  assert.ok(users.has(0) && users.has(5_000) && !users.has(1));
});

Deno.test("RecentRows.rows() is bounded when many users have many rows", () => {
  const recent = new RecentRows(60);
  for (let time = 0; time < 60; time++) {
    recent.add(Array.from({ length: 1_000 }, (_, user) => [user, time]));
  }
  assert.equal(recent.rows().length, 12_000);
});
