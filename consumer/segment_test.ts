import assert from "assert";
import { Buffer } from "node:buffer";
import { decoder } from "../shared/codec/decode.ts";
import { loadStreams } from "../shared/streams.ts";
import { type RawRecord, SegmentBuilder, slice } from "./segment.ts";
import { refuse, rowsToTry } from "./refusal.ts";

const [routes] = await loadStreams(["routes"]);
const builder = new SegmentBuilder(routes!, decoder(routes!));
const record = (offset: number, valid = true): RawRecord => ({
  offset: String(offset),
  key: Buffer.from("3"),
  value: Buffer.from(valid ? `{"userID":${offset},"timestamp":1,"coordinates":[1,2]}` : "no"),
  timestamp: "1700000000000",
});
const usersOf = (rows: Uint8Array) =>
  Array.from(
    { length: rows.length / builder.rowSize },
    (_, n) => new DataView(rows.buffer, rows.byteOffset).getInt32(n * builder.rowSize + 6),
  );

Deno.test("SegmentBuilder.build() keeps rows and rejected records apart, each with its offset", () => {
  const segment = builder.build(0, 10, 20, [record(10), record(12, false), record(13), record(19)]);
  assert.deepEqual(usersOf(segment.rows), [10, 13, 19]);
  assert.deepEqual(segment.records.map(({ offset }) => offset), ["10", "13", "19"]);
  assert.deepEqual(segment.rejected.map(({ offset, reason }) => [offset, reason]), [[12, "not JSON"]]);
});

Deno.test("SegmentBuilder.build() skips records when they lie below the progress", () => {
  assert.deepEqual(usersOf(builder.build(0, 12, 14, [record(10), record(12), record(13)]).rows), [12, 13]);
});

Deno.test("slice() gives pieces that follow on one another and lose nothing when they are put together", () => {
  const offsets = [10, 11, 13, 14, 15, 18, 19];
  const whole = builder.build(0, 10, 25, offsets.map((offset) => record(offset, offset % 5 !== 0)));
  for (let middle = 1; middle < whole.records.length; middle++) {
    const [first, second] = [slice(whole, 0, middle), slice(whole, middle, whole.records.length)];
    assert.deepEqual([...usersOf(first.rows), ...usersOf(second.rows)], usersOf(whole.rows));
    assert.deepEqual([...first.rejected, ...second.rejected], whole.rejected);
    assert.equal(first.to, second.from);
  }
});

Deno.test("refuse() moves the only row of a segment to its rejected records, whole", () => {
  const piece = slice(builder.build(0, 10, 12, [record(10), record(11)]), 0, 1);
  const refused = refuse(piece, new Error('violates check constraint "north"'));
  assert.equal(refused.rows.length, 0);
  assert.deepEqual([refused.from, refused.to], [10, 11]);
  assert.match(refused.rejected[0]!.detail, /north/);
  assert.deepEqual(refused.rejected[0]!.value, record(10).value);
});

Deno.test("rowsToTry() takes the rows before the line that PostgreSQL names, and half where it names none", () => {
  const at = (line: number) => Object.assign(new Error(), { where: `COPY routes_table, line ${line}` });
  assert.equal(rowsToTry(at(8), 100), 7);
  assert.equal(rowsToTry(at(1), 100), 1);
  assert.equal(rowsToTry(new Error(), 100), 50);
  assert.equal(rowsToTry(at(200), 100), 50);
});
