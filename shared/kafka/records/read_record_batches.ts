/**
 * Reads what a broker sent for a partition: record batches, in magic 2 or older.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { messageOf } from "../../errors.ts";
import { CorruptBatchError, TooLargeError } from "./corrupt_batch.ts";
import { readMessage } from "./message_set.ts";
import { AT, LENGTH_END, readBatch, type RecordBatch } from "./record_batch.ts";

/** How batches are read. */
export interface ReadOptions {
  /** Whether the CRC of each batch is verified. */
  readonly checkCrcs: boolean;
  /** Largest allowed size of the records of a compressed batch, decompressed. */
  readonly inflatedBytesMax: number;
}

/**
 * Reads the batches that follow one another in `data`, in magic 2 or older. The result ends before
 *
 * - a batch that is cut off: brokers send as many bytes as were asked for, but the first batch whole;
 * - a batch that cannot be read, unless it is the first: the next fetch begins with it, and reads it a second time;
 * - a batch with which the decompressed batches of this response would exceed `inflatedBytesMax`, unless it is the first of them.
 *
 * @param inflated counts the decompressed bytes of a response
 * @throws {CorruptBatchError} when the first batch cannot be read
 */
export async function readRecordBatches(
  data: Buffer,
  options: ReadOptions,
  inflated: { bytes: number } = { bytes: 0 },
): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for (let at = 0; at < data.length;) {
    const rest = data.subarray(at);
    const length = rest.length < LENGTH_END ? Infinity : LENGTH_END + rest.readInt32BE(AT.length);
    if (length > rest.length && at > 0) break;
    try {
      if (length > rest.length || length <= AT.magic) {
        throw new RangeError(`Its length is ${length} bytes, and ${rest.length} bytes were received`);
      }
      const bytes = rest.subarray(0, length);
      const maxBytes = options.inflatedBytesMax - inflated.bytes;
      const read = bytes.readInt8(AT.magic) < 2 ? readMessage : readBatch;
      const { batch, inflatedBytes } = await read(bytes, options.checkCrcs, maxBytes);
      inflated.bytes += inflatedBytes;
      batches.push(batch);
      at += length;
    } catch (error) {
      if (at > 0 || (error instanceof TooLargeError && inflated.bytes > 0)) break;
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
