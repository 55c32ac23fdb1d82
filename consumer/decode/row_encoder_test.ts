import assert from "assert";
import fc from "fast-check";
import { loadStreams } from "../../shared/streams.ts";
import { RowBuffer } from "../../shared/types/row_buffer.ts";
import { RowEncoder } from "./row_encoder.ts";

for (const stream of await loadStreams(["routes", "battery"])) {
  Deno.test(`RowEncoder.write() writes ${stream.name} rows that read back bit for bit`, () => {
    const encoder = new RowEncoder(stream.fields);
    const number = fc.tuple(...stream.fields.map(({ type }) => type === "INT" ? fc.integer() : fc.double()));
    fc.assert(fc.property(fc.array(number, { minLength: 1, maxLength: 20 }), (numbers) => {
      const rows = new RowBuffer(1);
      numbers.forEach((row) => encoder.write(rows, Float64Array.from(row)));
      const { view } = rows;
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
