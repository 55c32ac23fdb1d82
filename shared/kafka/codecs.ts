/**
 * Teaches kafkajs the compressions that it lacks: Snappy, LZ4 and Zstandard. Without them a batch that another client
 * compressed would end the consumer.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { promisify } from "node:util";
import { zstdCompress, zstdDecompress } from "node:zlib";
import kafkajs from "kafkajs";
import lz4 from "lz4js";
import snappy from "snappyjs";

/** Magic of the framing that the Java client puts around Snappy blocks (snappy-java's SnappyOutputStream). */
const XERIAL = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00);
/** The magic, then two INT32: version and the lowest compatible version. */
const XERIAL_HEADER = 16;

/** A codec as kafkajs wants one: a function that makes it, bytes in and bytes out. */
const codec = (
  compress: (data: Buffer) => Promise<Uint8Array> | Uint8Array,
  decompress: (data: Buffer) => Promise<Uint8Array> | Uint8Array,
) =>
() => ({
  compress: async (encoder: { buffer: Buffer }) => asBuffer(await compress(encoder.buffer)),
  decompress: async (data: Buffer) => asBuffer(await decompress(data)),
});

const asBuffer = (bytes: Uint8Array) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Snappy, bare or in the Java client's framing: blocks, each with its length before it. */
export function snappyDecompress(data: Uint8Array): Uint8Array {
  if (!XERIAL.every((byte, i) => data[i] === byte)) return snappy.uncompress(data);
  const blocks: Uint8Array[] = [];
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  for (let at = XERIAL_HEADER; at < data.byteLength;) {
    const length = view.getInt32(at);
    at += 4;
    blocks.push(snappy.uncompress(data.subarray(at, at + length)));
    at += length;
  }
  return Buffer.concat(blocks);
}

/** Registers the codecs with kafkajs, for all its clients. Once is enough; again does no harm. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.Snappy] = codec(
    (data) => snappy.compress(new Uint8Array(data)),
    snappyDecompress,
  );
  CompressionCodecs[CompressionTypes.LZ4] = codec(
    (data) => lz4.compress(data),
    (data) => lz4.decompress(data),
  );
  CompressionCodecs[CompressionTypes.ZSTD] = codec(promisify(zstdCompress), promisify(zstdDecompress));
}
