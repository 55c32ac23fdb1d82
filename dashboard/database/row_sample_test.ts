import assert from "assert";
import { RowSample, SAMPLE_ROWS } from "./row_sample.ts";

Deno.test("History.rows() is by timestamp when rows came in another order", () => {
  const history = new RowSample();
  history.add([[1, 3], [1, 1]]);
  history.add([[2, 2]]);
  assert.deepEqual(history.rows(), [[1, 1], [2, 2], [1, 3]]);
});

Deno.test("History.add() thins out what is old and keeps the ends when rows are many", () => {
  const history = new RowSample();
  for (let i = 0; i < 100_000; i += 100) {
    history.add(Array.from({ length: 100 }, (_, j) => [0, i + j]));
  }
  const times = history.rows().map((row) => row[1]!);
  assert.ok(times.length >= SAMPLE_ROWS / 2 && times.length <= 2 * SAMPLE_ROWS);
  assert.ok(times[0]! < 1_000);
  assert.equal(times.at(-1), 99_999);
  assert.ok(times.filter((time) => time < 50_000).length < times.filter((time) => time >= 50_000).length);
});
