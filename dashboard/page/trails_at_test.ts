import assert from "assert";
import type { Row } from "../protocol.ts";
import { trailsAt } from "./trails_at.ts";

Deno.test("trailsAt() returns each key's rows up to an index, oldest first", () => {
  const rows: Row[] = [["1", 1], ["2", 2], ["1", 3], ["2", 4]];
  assert.deepEqual([...trailsAt(rows, 2)].sort(), [["1", [["1", 1], ["1", 3]]], ["2", [["2", 2]]]]);
  assert.equal(trailsAt([], 0).size, 0);
});
