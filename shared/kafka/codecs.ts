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

/** An LZ4 frame's magic, then: version 1, blocks independent of one another, each 4 MiB at most, and the checksum of that. */
const LZ4_HEADER = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73);
const LZ4_BLOCK = 4 * 1024 * 1024;
/** Set in the length of a block that is stored as it is. */
const LZ4_STORED = 0x80000000;

/**
 * An LZ4 frame as Kafka reads it. lz4js' own frame says that its blocks depend on one another, which Kafka refuses.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 */
export function lz4Compress(data: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [LZ4_HEADER];
  for (let at = 0; at < data.length; at += LZ4_BLOCK) {
    const block = data.subarray(at, at + LZ4_BLOCK);
    const compressed = Buffer.alloc(lz4.compressBound(block.length));
    const length = lz4.compressBlock(block, compressed, 0, block.length, new Uint32Array(65_536));
    const isSmaller = length > 0 && length < block.length;
    const header = Buffer.alloc(4);
    header.writeUInt32LE(isSmaller ? length : (block.length | LZ4_STORED) >>> 0);
    pieces.push(header, isSmaller ? compressed.subarray(0, length) : block);
  }
  pieces.push(Buffer.alloc(4));
  return Buffer.concat(pieces);
}

/** Registers the codecs with kafkajs, for all its clients. Once is enough; again does no harm. */
export function registerCodecs(): void {
  const { CompressionCodecs, CompressionTypes } = kafkajs;
  CompressionCodecs[CompressionTypes.Snappy] = codec(
    (data) => snappy.compress(new Uint8Array(data)),
    snappyDecompress,
  );
  CompressionCodecs[CompressionTypes.LZ4] = codec(
    lz4Compress,
    (data) => lz4.decompress(data),
  );
  CompressionCodecs[CompressionTypes.ZSTD] = codec(promisify(zstdCompress), promisify(zstdDecompress));
}
