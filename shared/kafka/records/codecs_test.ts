import assert from "assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import lz4 from "lz4js";
import xxh32 from "lz4js/xxh32.js";
import snappy from "snappyjs";
import { lz4Compress, lz4Decompress } from "./lz4.ts";
import { snappyDecompress } from "./snappy.ts";

const data = fc.oneof(
  fc.uint8Array({ maxLength: 5_000 }),
  fc.string({ maxLength: 200 }).map((text) => Buffer.from(text.repeat(50))),
);

Deno.test("lz4Compress() writes a frame that lz4js reads", () => {
  fc.assert(fc.property(data, (bytes) => {
    assert.deepEqual(Buffer.from(lz4.decompress(lz4Compress(bytes))), Buffer.from(bytes));
  }));
});

Deno.test("lz4Decompress() reads what lz4Compress() and lz4js write", () => {
  fc.assert(fc.property(data, (bytes) => {
    for (const frame of [lz4Compress(bytes), lz4.compress(bytes)]) {
      assert.deepEqual(Buffer.from(lz4Decompress(frame, bytes.length)), Buffer.from(bytes));
    }
  }));
});

Deno.test("lz4Decompress() verifies block checksums and the content size when the frame has them", () => {
  const text = Buffer.from("routes ".repeat(1_000));
  const frame = lz4Compress(text);
  const length = Buffer.from(frame).readUInt32LE(7), block = frame.subarray(11, 11 + length);
  const checksum = Buffer.alloc(4);
  checksum.writeUInt32LE(xxh32.hash(0, block, 0, block.length) >>> 0);
  const size = Buffer.alloc(8);
  size.writeBigUInt64LE(BigInt(text.length));
  const parts = [
    frame.subarray(0, 4),
    Uint8Array.of(0x78, 0x70),
    size,
    Uint8Array.of(0),
    frame.subarray(7, 11),
    block,
  ];
  const whole = Buffer.concat([...parts, checksum, Buffer.alloc(4)]);
  assert.ok(Buffer.from(lz4Decompress(whole, text.length)).equals(text));
  const wrongChecksum = Buffer.from(whole), wrongSize = Buffer.from(whole);
  wrongChecksum[whole.length - 5]! ^= 1;
  wrongSize[6]! ^= 1;
  assert.throws(() => lz4Decompress(wrongChecksum, text.length), /checksum/);
  assert.throws(() => lz4Decompress(wrongSize, text.length), /but declares/);
});

Deno.test("lz4Compress() writes several blocks when the data exceeds the block size", () => {
  const bytes = Buffer.alloc(9_000_000, "routes ");
  assert.ok(Buffer.from(lz4.decompress(lz4Compress(bytes))).equals(bytes));
});

Deno.test("snappyDecompress() reads a single block, and blocks in snappy-java's framing", () => {
  const text = Buffer.from("routes ".repeat(1_000));
  const block = snappy.compress(new Uint8Array(text));
  assert.ok(Buffer.from(snappyDecompress(block, text.length)).equals(text));
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(block.length);
  const framed = Buffer.concat([header, length, block, length, block]);
  assert.ok(Buffer.from(snappyDecompress(framed, 2 * text.length)).equals(Buffer.concat([text, text])));
});
