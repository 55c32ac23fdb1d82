import assert from "assert";
import type { Stream } from "../../shared/stream.ts";
import type { Segment } from "../decode/segment.ts";
import { type KeyConflict, KeyConflicts } from "./key_conflicts.ts";

const segment = (topic: string, mode: "append" | "upsert"): Segment => ({
  stream: { topic, columns: [], write: { mode, key: [], tombstones: "delete" } } as unknown as Stream,
  partition: 0,
  rowCount: 1,
  rows: new Uint8Array(0),
} as unknown as Segment);

Deno.test("KeyConflicts reports the conflicts of each upsert stream, in a bounded number of lines", () => {
  const lines: KeyConflict[] = [];
  let now = 0;
  const conflicts = new KeyConflicts((line) => lines.push(line), () => now);
  const batch = [segment("c", "upsert"), segment("b", "append"), segment("a", "upsert")];
  // The fence, then the sums after "a" and "c".
  conflicts.add(batch, ["0", "2", "5"]);
  assert.deepEqual(lines.splice(0), [{ topic: "a", count: 2 }, { topic: "c", count: 3 }]);
  for (let n = 0; n < 100; n++) conflicts.add(batch, ["0", "0", "1"]);
  assert.deepEqual(lines, []);
  now = 5_000;
  conflicts.flush();
  assert.deepEqual(lines.splice(0), [{ topic: "c", count: 100 }]);
  conflicts.add(batch, ["0", "0", "0"]);
  conflicts.flush(true);
  assert.deepEqual(lines, []);
});
