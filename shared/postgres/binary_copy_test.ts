import assert from "assert";
import { Buffer } from "node:buffer";
import { RowBuffer } from "../types/row_buffer.ts";
import { COPY_HEADER, COPY_TRAILER, rowEnd } from "./binary_copy.ts";

Deno.test("COPY_HEADER and COPY_TRAILER have the documented bytes", () => {
  assert.equal(Buffer.from(COPY_HEADER).toString("hex"), "5047434f50590aff0d0a00" + "00000000" + "00000000");
  assert.equal(Buffer.from(COPY_TRAILER).toString("hex"), "ffff");
});

Deno.test("rowEnd() finds the end of rows when values are NULL, empty or of any length", () => {
  const rows = new RowBuffer(1), ends: number[] = [];
  for (const values of [[], [null, ""], ["a", null, "bcd"], ["x".repeat(300)]]) {
    rows.int16(values.length);
    for (const value of values) {
      if (value === null) {
        rows.null();
        continue;
      }
      const start = rows.beginValue();
      rows.text(value);
      rows.endValue(start);
    }
    ends.push(rows.length);
  }
  const written = rows.written(), view = new DataView(written.buffer, written.byteOffset, written.length);
  const found: number[] = [];
  for (let at = 0; at < rows.length; found.push(at)) at = rowEnd(view, at);
  assert.deepEqual(found, ends);
});
