import assert from "assert";
import type { KeyRows, Row } from "../protocol.ts";
import { ROWS_MAX, rowsToShow } from "./rows_to_show.ts";

const rows = (...times: number[]): Row[] => times.map((time) => ["7", time, 1, 2]);
const found = (extent: KeyRows["extent"], ...times: number[]): KeyRows => ({
  rows: rows(...times),
  extent,
  searched: 100,
});

Deno.test("rowsToShow() appends newer rows of the trail to those of the database", () => {
  assert.deepEqual(rowsToShow(found("all", 1, 2, 3), rows(2, 3, 4)), {
    rows: rows(1, 2, 3, 4),
    extent: "all",
  });
  assert.deepEqual(rowsToShow(undefined, rows(2, 3)), { rows: rows(2, 3), extent: undefined });
});

Deno.test("rowsToShow() ends at the given time, and shows the sample of the map when the database's rows are later", () => {
  assert.deepEqual(rowsToShow(found("latest", 3, 4, 5), rows(5, 6), 4), {
    rows: rows(3, 4),
    extent: "latest",
  });
  assert.deepEqual(rowsToShow(found("latest", 3, 4), rows(1, 2), 2), { rows: rows(1, 2), extent: "sample" });
  assert.deepEqual(rowsToShow(found("all", 3, 4), [], 2), { rows: [], extent: "sample" });
});

Deno.test("rowsToShow() keeps the latest rows when there are too many", () => {
  const times = Array.from({ length: ROWS_MAX }, (_, i) => i);
  const shown = rowsToShow(found("all", ...times), rows(ROWS_MAX));
  assert.deepEqual([shown.rows.length, shown.rows[0]![1], shown.extent], [ROWS_MAX, 1, "latest"]);
});

Deno.test("rowsToShow() shows the newest version when rows are updated", () => {
  assert.deepEqual(rowsToShow(found("all", 5), rows(4), Infinity, true).rows, rows(4));
});
