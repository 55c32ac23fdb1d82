import { Buffer } from "node:buffer";
import assert from "assert";
import { CorruptBatchError } from "../../shared/kafka/records/corrupt_batch.ts";
import type { RecordBatch } from "../../shared/kafka/records/record_batch.ts";
import { RecordWriter } from "../../shared/kafka/records/record_writer.ts";
import { bindDeclaredTypes } from "../../shared/schema/bind_stream.ts";
import { loadStreams } from "../../shared/streams.ts";
import { recordBatch as batch, validRoute as valid } from "./record_batch_fixture.ts";
import { part, SegmentBuilder } from "./segment.ts";

const [routes] = await loadStreams(["routes"]);

const users = (rows: Uint8Array) => {
  const view = Buffer.from(rows);
  return Array.from({ length: rows.length / 46 }, (_, n) => view.readInt32BE(n * 46 + 6));
};

Deno.test("SegmentBuilder.build() writes a row for each valid record and keeps the rejected ones", () => {
  const batches = [batch(10, [valid(1), "nonsense", valid(2)]), batch(20, [null, valid(3)])];
  const segment = new SegmentBuilder(bindDeclaredTypes(routes!)).build(4, 10, 30, batches);
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
  const segment = new SegmentBuilder(bindDeclaredTypes(routes!)).build(0, 12, 14, batches);
  assert.deepEqual(users(segment.rows), [2]);
  assert.deepEqual(segment.records().map(({ offset }) => offset), [12]);
  assert.deepEqual(Array.from(segment.rejected, ({ offset }) => offset), [13]);
  assert.equal(segment.oldest, 1_002);
});

Deno.test("SegmentBuilder.build() says whether a column's type rejected a record", () => {
  const stream = { ...routes!, format: "text" as const, columns: [{ name: "line", type: "text", path: [] }] };
  const has = (...values: string[]) =>
    new SegmentBuilder(bindDeclaredTypes(stream)).build(0, 0, 9, [batch(0, values)]).hasTypeRejections;
  assert.equal(has("a line", "\0"), true);
  assert.equal(has("a line"), false);
  const segment = new SegmentBuilder(bindDeclaredTypes(routes!)).build(0, 0, 9, [batch(0, ["{}", valid(1)])]);
  assert.deepEqual([segment.rejected.count, segment.hasTypeRejections], [1, false]);
});

Deno.test("SegmentBuilder.build() uses the broker's timestamp when the topic uses LogAppendTime", () => {
  const batches = [batch(0, [valid(1), valid(2)], { isLogAppendTime: true, maxTimestamp: 5_000 })];
  assert.equal(new SegmentBuilder(bindDeclaredTypes(routes!)).build(0, 0, 2, batches).oldest, 5_000);
});

Deno.test("part() returns contiguous pieces that together equal the segment", () => {
  const values = [valid(1), "a", valid(2), "b", valid(3), "c", valid(4)];
  const whole = new SegmentBuilder(bindDeclaredTypes(routes!)).build(0, 5, 25, [batch(10, values)]);
  const records = whole.records();
  for (let middle = 1; middle < whole.rowCount; middle++) {
    const at = records[middle]!.offset;
    const pieces = [part(whole, 5, at), part(whole, at, 25)];
    assert.deepEqual(pieces.flatMap(({ rows }) => users(rows)), [1, 2, 3, 4]);
    assert.deepEqual(pieces.map(({ rowCount }) => rowCount), [middle, 4 - middle]);
    assert.deepEqual(pieces.flatMap((piece) => piece.records()), records);
    assert.deepEqual(pieces.flatMap(({ rejected }) => [...rejected]), [...whole.rejected]);
    assert.deepEqual(pieces.map(({ from, to }) => [from, to]), [[5, 10 + 2 * middle], [10 + 2 * middle, 25]]);
  }
});

/** Corrupt batches, as a broker with a corrupt disk or a faulty producer sends them. */
const CORRUPT: Readonly<Record<string, (batch: RecordBatch) => RecordBatch>> = {
  "a record is cut off": (batch) => ({ ...batch, bytes: batch.bytes.subarray(0, batch.bytes.length - 1) }),
  "there are more records than the header says": (batch) => ({ ...batch, count: batch.count - 1 }),
  "there are fewer records than the header says": (batch) => ({
    ...batch,
    count: batch.count + 1,
    lastOffset: batch.lastOffset + 1,
  }),
  "a record is after the last offset": (batch) => ({ ...batch, lastOffset: batch.lastOffset - 1 }),
  "an offset occurs twice": (batch) => {
    const half = batch.bytes.length / 2;
    return { ...batch, bytes: Buffer.concat([batch.bytes.subarray(0, half), batch.bytes.subarray(0, half)]) };
  },
  "a record is shorter than its length": (batch) => {
    const bytes = Buffer.from(batch.bytes);
    // The number of headers, which is the last byte.
    bytes[bytes.length - 1] = 2;
    return { ...batch, bytes };
  },
};

for (const [what, corrupt] of Object.entries(CORRUPT)) {
  Deno.test(`SegmentBuilder.build() ends before a batch, or throws if it is the first, when ${what}`, () => {
    const builder = new SegmentBuilder(bindDeclaredTypes(routes!));
    const good = batch(10, [valid(1), "nonsense"]);
    const bad = corrupt(batch(20, [valid(2), valid(3)]));
    const segment = builder.build(4, 10, 30, [good, bad, batch(25, [valid(4)])]);
    assert.equal(segment.to, 20);
    assert.deepEqual(users(segment.rows), [1]);
    assert.equal(segment.rejected.count, 1);
    assert.throws(() => builder.build(4, 20, 30, [bad]), (error) => {
      assert(error instanceof CorruptBatchError);
      assert.equal(error.baseOffset, 20);
      return true;
    });
    // The corrupt batch leaves no rejected records behind.
    assert.equal(builder.build(4, 30, 31, [batch(30, [valid(5)])]).rejected.count, 0);
  });
}

Deno.test("SegmentBuilder.build() ends early when the rows of a batch of tiny records become too large", () => {
  const count = 400_000, writer = new RecordWriter();
  for (let n = 0; n < count; n++) writer.add(1_000, null, null);
  const whole = { ...batch(0, [null]), lastOffset: count - 1, count, bytes: writer.bytes };
  const builder = new SegmentBuilder(bindDeclaredTypes(routes!));
  let from = 0, rejected = 0, segments = 0;
  for (; from < count; segments++) {
    const segment = builder.build(4, from, count, [whole]);
    assert.equal(segment.from, from);
    assert.equal(segment.rejected.count, segment.to - from);
    assert.ok(segment.bytes < whole.bytes.length + 20 * 1024 * 1024, `${segment.bytes} bytes`);
    rejected += segment.rejected.count;
    from = segment.to;
  }
  assert.deepEqual([from, rejected], [count, count]);
  assert.ok(segments > 1);
});

Deno.test("SegmentBuilder.build() writes all rows when there are more than it estimated", () => {
  const writer = new RecordWriter();
  const shortest = '{"userID":1,"timestamp":1,"coordinates":[1,1]}';
  for (let n = 0; n < 1_000; n++) writer.add(1_000, null, n < 500 ? null : shortest);
  const builder = new SegmentBuilder(bindDeclaredTypes(routes!));
  // Without rows the estimate is 0.
  assert.equal(builder.build(4, 0, 1, [batch(0, [null])]).bytes < 1_000, true);
  const { rows, records } = builder.build(4, 0, 1_000, [
    { ...batch(0, [null]), lastOffset: 999, count: 1_000, bytes: writer.bytes },
  ]);
  assert.deepEqual(users(rows), Array(500).fill(1));
  assert.deepEqual([records()[0]!.rowStart, records().at(-1)!.rowStart], [0, 499 * 46]);
});
