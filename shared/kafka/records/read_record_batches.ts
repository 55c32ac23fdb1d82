/**
 * Reads the record batches that a broker returned for a partition.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { messageOf } from "../../errors.ts";
import { CorruptBatchError, TooLargeError } from "./corrupt_batch.ts";
import { readMessage } from "./message_set.ts";
import { AT, LENGTH_END, readBatch, type RecordBatch } from "./record_batch.ts";

export interface ReadOptions {
  /** Whether the CRC of each batch is verified. */
  readonly checkCrcs: boolean;
  /** Limit of the decompressed size of a batch, and of all batches in a response. */
  readonly decompressedBytesMax: number;
}

/**
 * Reads the batches in `data`, of magic 2 or older. The result ends before
 *
 * - a truncated batch: brokers return as many bytes as were requested, but at least the whole first batch;
 * - a batch that cannot be read, unless it is the first: the next fetch starts with it and reports it;
 * - a batch that would exceed `decompressedBytesMax` for the response, unless it is the first one decompressed.
 *
 * @param decompressed counts the decompressed bytes of the response
 * @throws {CorruptBatchError} if the first batch cannot be read
 */
export async function readRecordBatches(
  data: Buffer,
  options: ReadOptions,
  decompressed: { bytes: number } = { bytes: 0 },
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for (let at = 0; at < data.length;) {
    const rest = data.subarray(at);
    const length = rest.length < LENGTH_END ? Infinity : LENGTH_END + rest.readInt32BE(AT.length);
    if (length > rest.length && at > 0) break;
    try {
      if (length > rest.length || length <= AT.magic) {
        throw new RangeError(`Its length is ${length} bytes, but ${rest.length} bytes were received`);
      }
      const bytes = rest.subarray(0, length);
      const maxBytes = options.decompressedBytesMax - decompressed.bytes;
      const read = bytes.readInt8(AT.magic) < 2 ? readMessage : readBatch;
      const { batch, decompressedBytes } = await read(bytes, options.checkCrcs, maxBytes);
      decompressed.bytes += decompressedBytes;
      batches.push(batch);
      at += length;
    } catch (error) {
      if (at > 0 || (error instanceof TooLargeError && decompressed.bytes > 0)) break;
      throw corruptBatch(rest, error);
    }
  }
  return batches;
}

function corruptBatch(data: Buffer, error: unknown): CorruptBatchError {
  const baseOffset = data.length < AT.length ? -1 : Number(data.readBigInt64BE(AT.baseOffset));
  const isCurrent = data.length >= AT.records && data.readInt8(AT.magic) === 2;
  const lastOffset = baseOffset + (isCurrent ? Math.max(0, data.readInt32BE(AT.lastOffsetDelta)) : 0);
  return new CorruptBatchError(messageOf(error), baseOffset, lastOffset, { cause: error });
}
