import assert from "assert";
import { Buffer } from "node:buffer";
import fc from "fast-check";
import lz4 from "lz4js";
import snappy from "snappyjs";
import { lz4Compress, snappyDecompress } from "./codecs.ts";

const data = fc.oneof(
  fc.uint8Array({ maxLength: 5_000 }),
  fc.string({ maxLength: 200 }).map((text) => Buffer.from(text.repeat(50))),
);

Deno.test("lz4Compress() makes a frame that lz4js reads when the data is anything", () => {
  fc.assert(fc.property(data, (bytes) => {
    assert.deepEqual(Buffer.from(lz4.decompress(lz4Compress(bytes))), Buffer.from(bytes));
  }));
});

Deno.test("lz4Compress() makes several blocks when the data is longer than one", () => {
  const bytes = Buffer.alloc(9_000_000, "routes ");
  assert.ok(Buffer.from(lz4.decompress(lz4Compress(bytes))).equals(bytes));
});

Deno.test("snappyDecompress() reads bare Snappy and the Java client's framing", () => {
  const text = Buffer.from("routes ".repeat(1_000));
  const block = snappy.compress(new Uint8Array(text));
  assert.ok(Buffer.from(snappyDecompress(block)).equals(text));
  const header = Buffer.from([0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1]);
  const length = Buffer.alloc(4);
  length.writeInt32BE(block.length);
  const framed = Buffer.concat([header, length, block, length, block]);
  assert.ok(Buffer.from(snappyDecompress(framed)).equals(Buffer.concat([text, text])));
});
