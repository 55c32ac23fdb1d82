import assert from "assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { loadStreams } from "../../shared/streams.ts";
import { COPY_HEADER, COPY_TRAILER, RowEncoder } from "./row_encoder.ts";

Deno.test("COPY_HEADER and COPY_TRAILER have the documented bytes", () => {
  assert.equal(Buffer.from(COPY_HEADER).toString("hex"), "5047434f50590aff0d0a00" + "00000000" + "00000000");
  assert.equal(Buffer.from(COPY_TRAILER).toString("hex"), "ffff");
});

for (const stream of await loadStreams(["routes", "battery"])) {
  Deno.test(`RowEncoder.write() writes ${stream.name} rows that read back bit for bit`, () => {
    const encoder = new RowEncoder(stream.fields);
    const number = fc.tuple(...stream.fields.map(({ type }) => type === "INT" ? fc.integer() : fc.double()));
    fc.assert(fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (numbers) => {
      const rows = encoder.allocate(numbers.length);
      numbers.forEach((row, n) => encoder.write(rows, n, Float64Array.from(row)));
      const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
      let at = 0;
      for (const row of numbers) {
        assert.equal(view.getInt16(at), stream.fields.length);
        at += 2;
        stream.fields.forEach(({ type }, f) => {
          const size = type === "INT" ? 4 : 8;
          assert.equal(view.getInt32(at), size);
          const value = type === "INT" ? view.getInt32(at + 4) : view.getFloat64(at + 4);
          assert.ok(Object.is(value, row[f]), `${value} instead of ${row[f]}`);
          at += 4 + size;
        });
      }
      assert.equal(at, rows.length);
    }));
  });
}
