/**
 * Decompresses Snappy: a single block, as most Kafka clients write it, or blocks in snappy-java's framing.
 *
 * @see https://github.com/google/snappy/blob/main/format_description.txt
 * @see https://github.com/xerial/snappy-java/blob/master/src/main/java/org/xerial/snappy/SnappyOutputStream.java
 * @module
 */
import { Buffer } from "node:buffer";
import snappy from "snappyjs";
import { TooLargeError } from "./corrupt_batch.ts";

/** The magic of snappy-java's framing, used by Kafka's Java client. */
const XERIAL_MAGIC = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0x00);
/** Magic, version (INT32) and lowest compatible version (INT32). */
const XERIAL_HEADER_BYTES = 16;

/**
 * @param maxBytes limit of the decompressed size, checked before the result is allocated
 * @throws {TooLargeError} if it is exceeded
 * @throws {RangeError} if the data is not Snappy
 */
export function snappyDecompress(data: Uint8Array, maxBytes: number): Uint8Array {
  const blocks = XERIAL_MAGIC.every((byte, i) => data[i] === byte) ? xerialBlocks(data) : [data];
  const size = blocks.reduce((sum, block) => sum + declaredSize(block).size, 0);
  if (size > maxBytes) throw new TooLargeError(maxBytes);
  for (const block of blocks) verifySize(block);
  const results = blocks.map((block) => {
    try {
      return snappy.uncompress(block);
    } catch (error) {
      throw new RangeError((error as Error).message, { cause: error });
    }
  });
  return results.length === 1 ? results[0]! : Buffer.concat(results);
}

function xerialBlocks(data: Uint8Array): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  for (let at = XERIAL_HEADER_BYTES; at < data.length;) {
    const start = at + 4, end = start + bytes.readInt32BE(at);
    if (end <= start || end > data.length) throw new RangeError("A Snappy block is truncated");
    blocks.push(data.subarray(start, end));
    at = end;
  }
  return blocks;
}

/** Reads the decompressed size at the start of a block, and the position after it. */
function declaredSize(block: Uint8Array): { size: number; at: number } {
  let size = 0;
  for (let at = 0; at < 5; at++) {
    const byte = block[at];
    if (byte === undefined) break;
    size += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 128) return { size, at: at + 1 };
  }
  throw new RangeError("A Snappy block has no size");
}

/**
 * Checks that the lengths of a block's elements add up to its declared size, which snappyjs does not.
 *
 * @throws {RangeError} if they do not
 */
function verifySize(block: Uint8Array): void {
  const declared = declaredSize(block);
  let { at } = declared, size = 0;
  while (at < block.length) {
    const tag = block[at++]!;
    const kind = tag & 3;
    let length = (tag >> 2) + 1;
    if (kind === 1) length = (tag >> 2 & 7) + 4;
    if (kind === 0 && length > 60) {
      const lengthBytes = length - 60;
      length = 1;
      for (let n = 0; n < lengthBytes; n++) length += (block[at + n] ?? 0) * 2 ** (8 * n);
      at += lengthBytes;
    }
    at += kind === 0 ? length : [0, 1, 2, 4][kind]!;
    size += length;
  }
  if (at !== block.length || size !== declared.size) throw new RangeError("A Snappy block is corrupt");
}
