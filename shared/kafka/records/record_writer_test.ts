import { Buffer } from "node:buffer";
import assert from "assert";
import * as fc from "fast-check";
import Decoder from "kafkajs/src/protocol/decoder.js";
import decodeRecord from "kafkajs/src/protocol/recordBatch/record/v0/decoder.js";
import encodeRecord from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import { namedHeaders, RecordReader } from "./record_reader.ts";
import { RecordWriter, varintSize } from "./record_writer.ts";

interface Given {
  readonly timestamp: number;
  readonly key: string | Uint8Array | null;
  readonly value: string | Uint8Array | null;
}

const field = fc.oneof(
  fc.constant(null),
  fc.string({ maxLength: 300 }),
  fc.string({ unit: "binary", maxLength: 300 }),
  fc.uint8Array({ maxLength: 300 }),
);
const given: fc.Arbitrary<Given> = fc.record({
  timestamp: fc.oneof(
    fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_100 }),
    fc.nat(2 ** 30).map((n) => n * 2 ** 22),
  ),
  key: field,
  value: field,
});
const batch = fc.array(given, { minLength: 1, maxLength: 200 });

const bytesOf = (field: string | Uint8Array | null) => field === null ? null : Buffer.from(field);

function written(records: readonly Given[], writer = new RecordWriter()): RecordWriter {
  for (const { timestamp, key, value } of records) writer.add(timestamp, key, value);
  return writer;
}

Deno.test("RecordWriter.add() writes the bytes that kafkajs writes", () => {
  fc.assert(fc.property(batch, (records) => {
    const first = records[0]!.timestamp;
    const expected = Buffer.concat(
      records.map(({ timestamp, key, value }, offsetDelta) =>
        encodeRecord({
          offsetDelta,
          timestampDelta: timestamp - first,
          key: bytesOf(key),
          value: bytesOf(value),
        }).buffer
      ),
    );
    const writer = written(records);
    assert.deepEqual(writer.bytes, expected);
    assert.equal(writer.count, records.length);
    assert.equal(writer.size, expected.length);
    assert.equal(writer.firstTimestamp, first);
    assert.equal(writer.maxTimestamp, Math.max(...records.map(({ timestamp }) => timestamp)));
  }));
});

Deno.test("RecordWriter.clear() makes a writer equal to a new one", () => {
  fc.assert(fc.property(batch, batch, (before, records) => {
    const used = written(before);
    used.clear();
    assert.equal(used.size, 0);
    assert.deepEqual(written(records, used).bytes, written(records).bytes);
    assert.equal(used.maxTimestamp, written(records).maxTimestamp);
  }));
});

Deno.test("RecordWriter.add() keeps the records when the buffer grows", () => {
  const writer = new RecordWriter();
  const value = "x".repeat(40_000);
  for (let n = 0; n < 20; n++) writer.add(n, String(n), value);
  const reader = new RecordReader();
  reader.reset(writer.bytes);
  for (let n = 0; n < 20; n++) {
    reader.next();
    assert.equal(reader.key()?.toString(), String(n));
    assert.equal(reader.value()?.toString(), value);
  }
});

Deno.test("RecordReader.next() reads what kafkajs reads, with and without headers", () => {
  const headers = fc.dictionary(fc.string({ maxLength: 5 }), fc.string({ maxLength: 20 }), { maxKeys: 3 });
  fc.assert(
    fc.property(fc.array(fc.tuple(given, headers, fc.nat(2_000_000)), { minLength: 1 }), (records) => {
      const bytes = Buffer.concat(
        records.map(([{ timestamp, key, value }, headers, offsetDelta]) =>
          encodeRecord({
            offsetDelta,
            timestampDelta: timestamp - 1_700_000_000_000,
            key: bytesOf(key),
            value: bytesOf(value),
            headers,
          }).buffer
        ),
      );
      const reader = new RecordReader();
      reader.reset(Buffer.concat([Buffer.alloc(7), bytes]).subarray(7));
      const decoder = new Decoder(bytes);
      for (const [, headers] of records) {
        reader.next();
        const expected = decodeRecord(new Decoder(decoder.readVarIntBytes()), {
          firstOffset: "0",
          firstTimestamp: "0",
        });
        assert.equal(String(reader.offsetDelta), expected.offset);
        assert.equal(String(reader.timestampDelta), expected.timestamp);
        assert.deepEqual(reader.key(), expected.key);
        assert.deepEqual(reader.value(), expected.value);
        assert.deepEqual(
          namedHeaders(reader.headers()),
          Object.entries(headers).map(([name, value]) => [name, Buffer.from(value)]),
        );
      }
    }),
  );
});

Deno.test("RecordReader.next() throws when a record exceeds its bytes", () => {
  const { bytes } = written([{ timestamp: 5, key: "key", value: "value" }]);
  const reader = new RecordReader();
  for (let end = 0; end < bytes.length; end++) {
    reader.reset(bytes.subarray(0, end));
    assert.throws(() => reader.next(), RangeError, `of ${end} bytes`);
  }
  const broken = Buffer.from(bytes);
  broken[4] = 100;
  reader.reset(broken);
  assert.throws(() => reader.next(), /exceeds its/);
});

Deno.test("varintSize() returns the size that RecordWriter writes", () => {
  const writer = new RecordWriter();
  for (const value of [0, -1, 1, 63, 64, -64, -65, 8191, 8192, 2 ** 30, 2 ** 31, 2 ** 40, 2 ** 52]) {
    writer.clear();
    writer.add(0, null, null);
    const before = writer.size;
    writer.add(value, null, null);
    assert.equal(writer.size - before, 1 + 1 + varintSize(value) + 1 + 1 + 1 + 1, String(value));
  }
});
