import { Buffer } from "node:buffer";
import * as zlib from "node:zlib";
import assert from "assert";
import * as fc from "fast-check";
import lz4 from "lz4js";
import snappy from "snappyjs";
import Encoder from "kafkajs/src/protocol/encoder.js";
import encodeMessage from "kafkajs/src/protocol/message/v1/index.js";
import encodeMessageV0 from "kafkajs/src/protocol/message/v0/index.js";
import kafkajsCrc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import { RecordBatch as encodeBatch } from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { CorruptBatchError } from "./corrupt_batch.ts";
import { readRecordBatches } from "./read_record_batches.ts";
import { RecordReader } from "./record_reader.ts";
import { RecordWriter } from "./record_writer.ts";

const OPTIONS = { checkCrcs: true, decompressedBytesMax: 1_000_000 };
const UNCHECKED = { ...OPTIONS, checkCrcs: false };
const CODECS = { gzip: 1, snappy: 2, lz4: 3, zstd: 4 };

/** Creates a batch with the given bytes as records. */
async function batchOf(records: Uint8Array, count: number, codec = 0): Promise<Buffer> {
  const { buffer } = await encodeBatch({
    firstOffset: 100,
    firstTimestamp: 1_700_000_000_000,
    maxTimestamp: 1_700_000_000_000,
    lastOffsetDelta: Math.max(0, count - 1),
    producerId: -1,
    records: [],
  });
  const batch = Buffer.concat([buffer.subarray(0, 61), records]);
  batch.writeInt32BE(batch.length - 12, 8);
  batch[22] = codec;
  batch.writeInt32BE(count, 57);
  return withCrc(batch);
}

function withCrc(batch: Buffer): Buffer {
  batch.writeUInt32BE(kafkajsCrc32C(batch.subarray(21)), 17);
  return batch;
}

function recordsOf(count: number): Buffer {
  const writer = new RecordWriter();
  for (let n = 0; n < count; n++) writer.add(1_700_000_000_000, `key ${n}`, `value ${n}`);
  return Buffer.from(writer.bytes);
}

/** Compression by libraries that other clients use. */
const COMPRESS: Record<string, (data: Buffer) => Uint8Array> = {
  gzip: (data) => zlib.gzipSync(data),
  snappy: (data) => snappy.compress(new Uint8Array(data)),
  lz4: (data) => lz4.compress(data),
  zstd: (data) => zlib.zstdCompressSync(data),
};

const rejects = (batch: Buffer, pattern: RegExp, options = OPTIONS) =>
  assert.rejects(readRecordBatches(batch, options), (error) => {
    assert(error instanceof CorruptBatchError, String(error));
    assert.match(error.message, pattern);
    return true;
  });

Deno.test("readRecordBatches() detects every flipped bit that the CRC covers, unless checkCrcs is false", async () => {
  const batch = await batchOf(recordsOf(3), 3);
  for (let bit = 17 * 8; bit < batch.length * 8; bit++) {
    const flipped = Buffer.from(batch);
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    await rejects(flipped, /Its CRC is/);
  }
  const flipped = Buffer.from(batch);
  flipped[flipped.length - 3]! ^= 1;
  const [read] = await readRecordBatches(flipped, UNCHECKED);
  assert.equal(read!.count, 3);
});

Deno.test("readRecordBatches() rejects an invalid header without allocating what it declares", async () => {
  const changed = async (at: number, value: number, bytes: 1 | 4 = 4) => {
    const batch = await batchOf(recordsOf(3), 3);
    if (bytes === 1) batch.writeInt8(value, at);
    else batch.writeInt32BE(value, at);
    return withCrc(batch);
  };
  await rejects(await changed(8, -12), /Its length is 0 bytes/);
  await rejects(await changed(8, -1), /Its length is 11 bytes/);
  await rejects(await changed(8, 10), /It has only 22 bytes/);
  await rejects(await changed(8, 2 ** 31 - 1), /length is 2147483659 bytes, but \d+ bytes were received/);
  await rejects((await batchOf(recordsOf(3), 3)).subarray(0, 11), /Its length is/);
  await rejects(await changed(16, 3, 1), /Its magic is 3/);
  await rejects(await changed(16, -1, 1), /Its CRC|Its magic|exceeds|out of range/);
  await rejects(await changed(57, 2 ** 31 - 1), /declares 2147483647 records/);
  await rejects(await changed(57, -1), /declares -1 records/);
  await rejects(await changed(23, -1), /up to offset 99/);
  await rejects(await changed(57, 4), /declares 4 records up to offset 102/);
  for (const codec of [5, 6, 7]) await rejects(await changed(22, codec, 1), /codec \d is unknown/);
});

Deno.test("readRecordBatches() omits a truncated last batch", async () => {
  const batch = await batchOf(recordsOf(3), 3);
  for (let end = 0; end < batch.length; end++) {
    const batches = await readRecordBatches(Buffer.concat([batch, batch.subarray(0, end)]), OPTIONS);
    assert.equal(batches.length, 1);
  }
});

for (const [name, codec] of Object.entries(CODECS)) {
  const compress = COMPRESS[name]!;

  Deno.test(`readRecordBatches() rejects a ${name} batch when it exceeds decompressedBytesMax`, async () => {
    const records = recordsOf(1_000);
    const batch = await batchOf(compress(records), 1_000, codec);
    const [read] = await readRecordBatches(batch, { ...OPTIONS, decompressedBytesMax: records.length });
    assert(Buffer.from(read!.bytes).equals(records));
    await rejects(batch, /more than \d+ bytes when decompressed/, {
      ...OPTIONS,
      decompressedBytesMax: records.length - 1,
    });
  });

  Deno.test(`readRecordBatches() allocates little memory when a ${name} batch has 128 MiB`, async () => {
    const bomb = await batchOf(bombs[name]!(), 1, codec);
    const before = Deno.memoryUsage().rss;
    await rejects(bomb, /more than 1000000 bytes when decompressed/);
    const grown = Deno.memoryUsage().rss - before;
    assert(grown < 32 * 1024 * 1024, `${grown} bytes`);
  });

  Deno.test(`readRecordBatches() throws only CorruptBatchError when ${name} data is corrupt`, async () => {
    const records = recordsOf(50);
    const compressed = Buffer.from(compress(records));
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.nat(compressed.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 }),
        fc.option(fc.nat(compressed.length)),
        async (changes, cut) => {
          const data = Buffer.from(compressed);
          for (const [at, byte] of changes) data[at] = byte;
          try {
            const [batch] = await readRecordBatches(
              await batchOf(data.subarray(0, cut ?? data.length), 50, codec),
              { ...OPTIONS, decompressedBytesMax: 10_000 },
            );
            const reader = new RecordReader();
            reader.reset(batch!.bytes);
            for (let n = 0; n < batch!.count; n++) reader.next();
            reader.finish();
          } catch (error) {
            assert(
              error instanceof CorruptBatchError || (error as Error).name === "CorruptRecordError",
              String(error),
            );
          }
        },
      ),
      { numRuns: 300 },
    );
  });
}

/** 128 MiB of zeros, compressed. */
const SIZE = 128 * 1024 * 1024;
const bombs: Record<string, () => Uint8Array> = {
  gzip: () => zlib.gzipSync(Buffer.alloc(SIZE)),
  // A literal, then copies of 64 bytes from the byte before.
  snappy: () => {
    const copies = (SIZE - 64) / 64;
    const data = Buffer.alloc(5 + 2 + 63 + 3 * (copies + 1), Uint8Array.of(0xfe, 1, 0));
    let rest = SIZE;
    let at = 0;
    for (; rest >= 128; rest = Math.floor(rest / 128)) data[at++] = rest % 128 | 128;
    data[at++] = rest;
    return data.subarray(0, at + 3 * copies);
  },
  // Blocks of 4 MiB that repeat one byte and end with the required literals.
  lz4: () => {
    const header = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73);
    const match = 4 * 1024 * 1024 - 1 - 4 - 5;
    const lengths = Buffer.alloc(Math.floor((match - 15) / 255) + 1, 255);
    lengths[lengths.length - 1] = (match - 15) % 255;
    const block = Buffer.concat([Uint8Array.of(0x1f, 0, 1, 0), lengths, Uint8Array.of(0x50, 0, 0, 0, 0, 0)]);
    const size = Buffer.alloc(4);
    size.writeUInt32LE(block.length);
    const blocks = Array.from({ length: SIZE / (4 * 1024 * 1024) }, () => Buffer.concat([size, block]));
    return Buffer.concat([header, ...blocks, Buffer.alloc(4)]);
  },
  zstd: () => zlib.zstdCompressSync(Buffer.alloc(SIZE)),
};

Deno.test("readRecordBatches() rejects a Zstandard frame that declares too large a size, before decompressing it", async () => {
  const frame = Buffer.alloc(64);
  frame.writeUInt32LE(0xfd2fb528, 0);
  frame[4] = 0xe0;
  frame.writeBigUInt64LE(600_000_000n, 5);
  await rejects(await batchOf(frame, 1, CODECS.zstd), /more than 1000000 bytes/);
});

Deno.test("readRecordBatches() limits the total size of the blocks in snappy-java's framing", async () => {
  const part = snappy.compress(new Uint8Array(600_000));
  const length = Buffer.alloc(4);
  length.writeInt32BE(part.length);
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  await rejects(
    await batchOf(Buffer.concat([header, length, part, length, part]), 1, CODECS.snappy),
    /more than 1000000 bytes/,
  );
});

/** Encodes a message of magic 0 or 1 in a message set. */
function oldMessage(offset: number, message: { size(): number }): Buffer {
  return new Encoder().writeInt64(offset).writeInt32(message.size()).writeEncoder(message).buffer;
}

const record = (timestamp: number) => ({ timestamp, key: "key", value: "value" });

Deno.test("readRecordBatches() verifies the CRC of messages of magic 0 and 1", async () => {
  for (const encode of [encodeMessageV0, encodeMessage]) {
    const message = oldMessage(7, encode(record(1_700_000_000_000)));
    const [batch] = await readRecordBatches(message, OPTIONS);
    assert.equal(batch!.lastOffset, 7);
    for (let bit = 12 * 8; bit < message.length * 8; bit++) {
      // A different magic is a different format.
      if (bit >> 3 === 16) continue;
      const flipped = Buffer.from(message);
      flipped[bit >> 3]! ^= 1 << (bit & 7);
      await rejects(flipped, /Its CRC is/);
    }
  }
});

/** A message of magic 1 whose value is compressed messages, with offsets 0, 1, 2 … */
function compressedMessages(count: number, lastOffset: number, logAppendTime = false): Buffer {
  const inner = Array.from(
    { length: count },
    (_, n) => oldMessage(n, encodeMessage(record(1_700_000_000_000 + n))),
  );
  const value = zlib.gzipSync(Buffer.concat(inner));
  const wrapper = oldMessage(
    lastOffset,
    encodeMessage({ timestamp: 1_800_000_000_000, key: null, value, compression: 1 }),
  );
  wrapper[17] = 1 | (logAppendTime ? 8 : 0);
  wrapper.writeUInt32BE(zlib.crc32(wrapper.subarray(16)), 12);
  return wrapper;
}

Deno.test("readRecordBatches() reads offsets and timestamps of compressed messages of magic 1, up to decompressedBytesMax", async () => {
  for (const logAppendTime of [false, true]) {
    const [batch] = await readRecordBatches(compressedMessages(3, 42, logAppendTime), OPTIONS);
    assert.deepEqual([batch!.baseOffset, batch!.lastOffset, batch!.count], [40, 42, 3]);
    assert.equal(batch!.firstTimestamp, logAppendTime ? 1_800_000_000_000 : 1_700_000_000_000);
    assert.equal(batch!.maxTimestamp, logAppendTime ? 1_800_000_000_000 : 1_700_000_000_002);
  }
  await rejects(compressedMessages(1_000, 999), /more than 1000 bytes/, {
    ...OPTIONS,
    decompressedBytesMax: 1_000,
  });
});

Deno.test("readRecordBatches() reads messages of magic 1 followed by a record batch", async () => {
  const data = Buffer.concat([oldMessage(99, encodeMessage(record(1))), await batchOf(recordsOf(3), 3)]);
  const batches = await readRecordBatches(data, OPTIONS);
  assert.deepEqual(batches.map(({ lastOffset }) => lastOffset), [99, 102]);
});
