import assert from "assert";
import { RowBuffer } from "./row_buffer.ts";

Deno.test("RowBuffer grows and keeps what was written", () => {
  const row = new RowBuffer(1);
  row.int16(-2);
  row.int32(3);
  row.int64(-4n);
  row.float32(0.5);
  row.float64(-0);
  row.null();
  row.text("ä𝄞");
  row.copy(new Uint8Array(100).fill(7), 1, 99);
  assert.equal(
    row.written().toString("hex"),
    "fffe" + "00000003" + "fffffffffffffffc" + "3f000000" + "8000000000000000" + "ffffffff" + "c3a4f09d849e" +
      "07".repeat(98),
  );
});

Deno.test("RowBuffer.endValue() writes the length of the value", () => {
  const row = new RowBuffer(1);
  const start = row.beginValue();
  row.text("abc");
  row.endValue(start);
  assert.equal(row.written().toString("hex"), "00000003616263");
});
