import assert from "assert";
import { RowSample, SAMPLE_ROWS } from "./row_sample.ts";

Deno.test("RowSample.rows() sorts by timestamp when rows were added in another order", () => {
  const sample = new RowSample();
  sample.add([["1", 3], ["1", 1]]);
  sample.add([["2", 2]]);
  assert.deepEqual(sample.rows(), [["1", 1], ["2", 2], ["1", 3]]);
});

Deno.test("RowSample.add() thins out older rows and keeps both ends when there are many", () => {
  const sample = new RowSample();
  for (let i = 0; i < 100_000; i += 100) {
    sample.add(Array.from({ length: 100 }, (_, j) => ["0", i + j]));
  }
  const times = sample.rows().map((row) => row[1]);
  assert.ok(times.length >= SAMPLE_ROWS / 2 && times.length <= 2 * SAMPLE_ROWS);
  assert.ok(times[0]! < 1_000);
  assert.equal(times.at(-1), 99_999);
  assert.ok(times.filter((time) => time < 50_000).length < times.filter((time) => time >= 50_000).length);
});
