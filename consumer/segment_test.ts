import { Buffer } from "node:buffer";
import assert from "assert";
import type { RecordBatch } from "../shared/kafka/record_batch.ts";
import { RecordWriter } from "../shared/kafka/records.ts";
import { loadStreams } from "../shared/streams.ts";
import { refuse, rowsToTry } from "./refusal.ts";
import { SegmentBuilder, slice } from "./segment.ts";

const [routes] = await loadStreams(["routes"]);

const valid = (userID: number) => `{"userID":${userID},"timestamp":1.5,"coordinates":[48.25,2.5]}`;

/** A batch with a record for each value, from `baseOffset` on. */
function batch(
  baseOffset: number,
  values: readonly (string | null)[],
  more: Partial<RecordBatch> = {},
): RecordBatch {
  const writer = new RecordWriter();
  values.forEach((value, n) => writer.add(1_000 + n, `key ${baseOffset + n}`, value));
  return {
    baseOffset,
    lastOffset: baseOffset + values.length - 1,
    firstTimestamp: 1_000,
    maxTimestamp: 1_000 + values.length - 1,
    isLogAppendTime: false,
    producerId: -1n,
    isTransactional: false,
    isControl: false,
    count: values.length,
    bytes: writer.bytes,
    ...more,
  };
}

const users = (rows: Uint8Array) => {
  const view = Buffer.from(rows);
  return Array.from({ length: rows.length / 46 }, (_, n) => view.readInt32BE(n * 46 + 6));
};

Deno.test("SegmentBuilder.build() makes a row of each valid record and keeps the others whole", () => {
  const batches = [batch(10, [valid(1), "nonsense", valid(2)]), batch(20, [null, valid(3)])];
  const segment = new SegmentBuilder(routes!).build(4, 10, 30, batches);
  assert.equal(segment.partition, 4);
  assert.equal(segment.rowCount, 3);
  assert.deepEqual(users(segment.rows), [1, 2, 3]);
  assert.deepEqual(segment.records().map(({ offset }) => offset), [10, 12, 21]);
  assert.deepEqual(segment.records().map(({ key }) => key?.toString()), ["key 10", "key 12", "key 21"]);
  assert.deepEqual(segment.records().map(({ value }) => value?.toString()), [valid(1), valid(2), valid(3)]);
  assert.deepEqual(
    Array.from(segment.rejected, ({ offset, reason, key, value }) => [
      offset,
      reason,
      key?.toString(),
      value?.toString(),
    ]),
    [[11, "not JSON", "key 11", "nonsense"], [20, "no value", "key 20", undefined]],
  );
  assert.equal(segment.oldest, 1_000);
  assert.ok(segment.bytes >= segment.rows.length + batches[0]!.bytes.length + batches[1]!.bytes.length);
});

Deno.test("SegmentBuilder.build() skips records below its first offset, rejected ones too", () => {
  const batches = [batch(10, ["nonsense", valid(1), valid(2), "nonsense"])];
  const segment = new SegmentBuilder(routes!).build(0, 12, 14, batches);
  assert.deepEqual(users(segment.rows), [2]);
  assert.deepEqual(segment.records().map(({ offset }) => offset), [12]);
  assert.deepEqual(Array.from(segment.rejected, ({ offset }) => offset), [13]);
  assert.equal(segment.oldest, 1_002);
});

Deno.test("SegmentBuilder.build() takes the broker's time where the topic has it", () => {
  const batches = [batch(0, [valid(1), valid(2)], { isLogAppendTime: true, maxTimestamp: 5_000 })];
  assert.equal(new SegmentBuilder(routes!).build(0, 0, 2, batches).oldest, 5_000);
});

Deno.test("slice() gives pieces that follow on one another and lose nothing when they are put together", () => {
  const values = [valid(1), "a", valid(2), "b", valid(3), "c", valid(4)];
  const whole = new SegmentBuilder(routes!).build(0, 5, 25, [batch(10, values)]);
  const records = whole.records();
  for (let middle = 1; middle < whole.rowCount; middle++) {
    const pieces = [slice(whole, 0, middle), slice(whole, middle, whole.rowCount)];
    assert.deepEqual(pieces.flatMap(({ rows }) => users(rows)), [1, 2, 3, 4]);
    assert.deepEqual(pieces.map(({ rowCount }) => rowCount), [middle, 4 - middle]);
    assert.deepEqual(pieces.flatMap((piece) => piece.records()), records);
    assert.deepEqual(pieces.flatMap(({ rejected }) => [...rejected]), [...whole.rejected]);
    assert.deepEqual(pieces.map(({ from, to }) => [from, to]), [[5, 10 + 2 * middle], [10 + 2 * middle, 25]]);
  }
});

Deno.test("refuse() moves the only row of a segment to its rejected records, whole", () => {
  const whole = new SegmentBuilder(routes!).build(0, 10, 12, [batch(10, [valid(1), valid(2)])]);
  const refused = refuse(slice(whole, 0, 1), new Error('violates check constraint "north"'));
  assert.deepEqual([refused.rows.length, refused.rowCount, refused.records()], [0, 0, []]);
  assert.deepEqual([refused.from, refused.to], [10, 11]);
  const [record] = refused.rejected;
  assert.match(record!.detail, /north/);
  assert.equal(record!.key?.toString(), "key 10");
  assert.equal(record!.value?.toString(), valid(1));
});

Deno.test("rowsToTry() takes the rows before the line that PostgreSQL names, and half where it names none", () => {
  const at = (line: number) => Object.assign(new Error(), { where: `COPY routes_table, line ${line}` });
  assert.equal(rowsToTry(at(8), 100), 7);
  assert.equal(rowsToTry(at(1), 100), 1);
  assert.equal(rowsToTry(new Error(), 100), 50);
  assert.equal(rowsToTry(at(200), 100), 50);
});
