/**
 * LZ4 frames.
 *
 * Uses lz4js only for blocks: its frame reader reads block checksums at the wrong position, allocates the size that the frame declares,
 * and does not check lengths.
 *
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Frame_format.md
 * @see https://github.com/lz4/lz4/blob/dev/doc/lz4_Block_format.md
 * @module
 */
import { Buffer } from "node:buffer";
import lz4 from "lz4js";
import xxh32 from "lz4js/xxh32.js";
import { TooLargeError } from "./corrupt_batch.ts";

const MAGIC = 0x184d2204;
/** Bits of the first byte of the frame descriptor. */
const FLAG = {
  version: 0xc0,
  blockChecksum: 0x10,
  contentSize: 0x08,
  contentChecksum: 0x04,
  dictionary: 0x01,
};
const VERSION_1 = 0x40;
/** Set in the length of a block that is stored uncompressed. */
const STORED = 0x80000000;
/** Minimum length of a match. */
const MATCH_MIN = 4;

/** Frame header: magic, version 1, independent blocks of at most 4 MiB, header checksum. */
const HEADER = Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73);
const BLOCK_SIZE = 4 * 1024 * 1024;

interface Block {
  readonly start: number;
  readonly length: number;
  readonly isStored: boolean;
}

/** Compresses data to an LZ4 frame with independent blocks. Kafka rejects frames of lz4js, which declare dependent blocks. */
export function lz4Compress(data: Uint8Array): Uint8Array {
  const pieces: Uint8Array[] = [HEADER];
  for (let at = 0; at < data.length; at += BLOCK_SIZE) {
    const block = data.subarray(at, at + BLOCK_SIZE);
    const compressed = Buffer.alloc(lz4.compressBound(block.length));
    const length = lz4.compressBlock(block, compressed, 0, block.length, new Uint32Array(65_536));
    const isSmaller = length > 0 && length < block.length;
    const header = Buffer.alloc(4);
    header.writeUInt32LE(isSmaller ? length : (block.length | STORED) >>> 0);
    pieces.push(header, isSmaller ? compressed.subarray(0, length) : block);
  }
  pieces.push(Buffer.alloc(4));
  return Buffer.concat(pieces);
}

/**
 * Decompresses an LZ4 frame.
 *
 * @param maxBytes limit of the decompressed size, checked before the result is allocated
 * @throws {TooLargeError} if it is exceeded
 * @throws {RangeError} if the data is not a valid frame
 */
export function lz4Decompress(data: Uint8Array, maxBytes: number): Uint8Array {
  const { blocks, contentSize } = readFrame(data);
  let size = 0;
  for (const { start, length, isStored } of blocks) {
    size = isStored ? size + length : decompressedEnd(data, start, start + length, size);
    if (size > maxBytes) throw new TooLargeError(maxBytes);
  }
  if (contentSize !== undefined && contentSize !== size) {
    throw new RangeError(`The LZ4 frame has ${size} bytes but declares ${contentSize}`);
  }
  const result = new Uint8Array(size);
  let at = 0;
  for (const { start, length, isStored } of blocks) {
    if (isStored) result.set(data.subarray(start, start + length), at);
    at = isStored ? at + length : lz4.decompressBlock(data, result, start, length, at);
  }
  return result;
}

function readFrame(data: Uint8Array): { blocks: Block[]; contentSize: number | undefined } {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  if (bytes.readUInt32LE(0) !== MAGIC) throw new RangeError("The data is not an LZ4 frame");
  const flags = bytes.readUInt8(4);
  if ((flags & FLAG.version) !== VERSION_1 || (flags & FLAG.dictionary) !== 0) {
    throw new RangeError("The LZ4 frame has an unsupported version or a dictionary");
  }
  const contentSize = flags & FLAG.contentSize ? Number(bytes.readBigUInt64LE(6)) : undefined;
  const blocks: Block[] = [];
  for (let at = contentSize === undefined ? 7 : 15;;) {
    const header = bytes.readUInt32LE(at);
    if (header === 0) return { blocks, contentSize };
    const isStored = (header & STORED) !== 0;
    const start = at + 4, length = (header & ~STORED) >>> 0;
    at = start + length;
    if (at > bytes.length) throw new RangeError("An LZ4 block is truncated");
    blocks.push({ start, length, isStored });
    if ((flags & FLAG.blockChecksum) === 0) continue;
    if (xxh32.hash(0, bytes, start, length) >>> 0 !== bytes.readUInt32LE(at)) {
      throw new RangeError("The checksum of an LZ4 block is wrong");
    }
    at += 4;
  }
}

/**
 * Adds a block's decompressed size to `size` without decompressing it.
 *
 * @throws {RangeError} if the block is truncated or refers to data before the frame
 */
function decompressedEnd(data: Uint8Array, start: number, end: number, size: number): number {
  let at = start;
  const extended = (nibble: number): number => {
    let length = nibble;
    for (let byte = nibble === 15 ? 255 : 0; byte === 255 && at < end; length += byte) byte = data[at++]!;
    return length;
  };
  while (at < end) {
    const token = data[at++]!;
    const literals = extended(token >> 4);
    at += literals;
    size += literals;
    if (at === end) return size;
    const offset = data[at]! | data[at + 1]! << 8;
    at += 2;
    if (at > end || offset === 0 || offset > size) break;
    size += MATCH_MIN + extended(token & 15);
  }
  throw new RangeError("An LZ4 block is corrupt");
}
