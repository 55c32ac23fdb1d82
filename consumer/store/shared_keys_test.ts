import assert from "assert";
import { z } from "zod";
import type { Stream } from "../../shared/stream.ts";
import { RowBuffer } from "../../shared/types/row_buffer.ts";
import { countSharedKeys } from "./shared_keys.ts";

const stream = {
  schema: z.unknown(),
  columns: ["a", "value", "b"].map((name) => ({ name, type: "text", path: [name] })),
  write: { mode: "upsert", key: ["a", "b"], tombstones: "delete" },
} as unknown as Stream;

/** Rows of three columns in binary COPY. */
function segment(partition: number, ...rows: (string | null)[][]) {
  const buffer = new RowBuffer();
  for (const row of rows) {
    buffer.int16(row.length);
    for (const text of row) {
      if (text === null) buffer.null();
      else {
        buffer.int32(text.length);
        buffer.text(text);
      }
    }
  }
  return { stream, types: [], partition, rows: buffer.written(), hasTombstones: false };
}

Deno.test("countSharedKeys() counts keys that occur in several partitions", () => {
  const first = segment(0, ["x", "1", "y"], ["x", "2", "y"], ["ab", null, "c"]);
  assert.equal(countSharedKeys([first, segment(0, ["x", "3", "y"])]), 0, "one partition");
  assert.equal(countSharedKeys([first, segment(1, ["a", "3", "bc"], ["y", "4", "x"])]), 0, "other keys");
  assert.equal(countSharedKeys([first, segment(1, ["x", null, "y"], ["x", "4", "y"])]), 1);
  assert.equal(countSharedKeys([first, segment(1, ["x", "4", "y"], ["ab", "4", "c"])]), 2);
});
