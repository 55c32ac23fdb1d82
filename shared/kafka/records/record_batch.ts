/**
 * Reads the header of a record batch and decompresses its records. See `record_reader.ts` for the records.
 *
 * Sizes and counts in the header are compared with the number of bytes received before memory is allocated for them.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 * @module
 */
import { Buffer } from "node:buffer";
import { decompress } from "./codecs.ts";
import { verifyCrc } from "./corrupt_batch.ts";
import { crc32c } from "./crc32c.ts";
import { RecordReader } from "./record_reader.ts";

/** A record batch with decompressed, encoded records. */
export interface RecordBatch {
  /** Offsets of the first and last record when the batch was written. Compaction may have removed records since. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** The first record's timestamp and the maximum, Unix ms. */
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  /** Whether the timestamp of all records is `maxTimestamp`, set by the broker (LogAppendTime). */
  readonly isLogAppendTime: boolean;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** Whether the batch contains a transaction marker instead of records. */
  readonly isControl: boolean;
  /** Number of records. */
  readonly count: number;
  /** The records, for {@link RecordReader}. */
  readonly bytes: Uint8Array;
}

/** Positions of the header's fields. Messages of older formats have the offset, length and magic at the same positions. */
export const AT = {
  baseOffset: 0,
  length: 8,
  magic: 16,
  crc: 17,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
} as const;
/** Bytes that the length field does not count. */
export const LENGTH_END = 12;
/** Length, attributes, two deltas, two lengths and the number of headers take at least a byte each. */
const MIN_RECORD_BYTES = 7;

const ATTRIBUTE = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 };

export interface ReadBatch {
  readonly batch: RecordBatch;
  /** 0 if the batch was not compressed. */
  readonly decompressedBytes: number;
}

/**
 * @param maxBytes limit of the decompressed size, if the records are compressed
 * @throws {TooLargeError} if it is exceeded
 * @throws {Error} if the batch cannot be read
 */
export async function readBatch(bytes: Buffer, checkCrc: boolean, maxBytes: number): Promise<ReadBatch> {
  const magic = bytes.readInt8(AT.magic);
  if (magic !== 2) throw new RangeError(`Its magic is ${magic}, which is not supported`);
  if (bytes.length < AT.records) throw new RangeError(`It has only ${bytes.length} bytes`);
  if (checkCrc) verifyCrc(bytes.readUInt32BE(AT.crc), crc32c(bytes.subarray(AT.attributes)));
  const attributes = bytes.readInt16BE(AT.attributes);
  const codec = attributes & ATTRIBUTE.compression;
  const baseOffset = Number(bytes.readBigInt64BE(AT.baseOffset));
  const stored = bytes.subarray(AT.records);
  const records = codec === 0 ? stored : await decompress(codec, stored, maxBytes);
  const batch: RecordBatch = {
    baseOffset,
    lastOffset: baseOffset + bytes.readInt32BE(AT.lastOffsetDelta),
    firstTimestamp: Number(bytes.readBigInt64BE(AT.firstTimestamp)),
    maxTimestamp: Number(bytes.readBigInt64BE(AT.maxTimestamp)),
    isLogAppendTime: (attributes & ATTRIBUTE.logAppendTime) !== 0,
    producerId: bytes.readBigInt64BE(AT.producerId),
    isTransactional: (attributes & ATTRIBUTE.transactional) !== 0,
    isControl: (attributes & ATTRIBUTE.control) !== 0,
    count: bytes.readInt32BE(AT.count),
    bytes: records,
  };
  // The consumer allocates memory for this many records.
  const maxCount = Math.min(batch.lastOffset - baseOffset + 1, Math.floor(records.length / MIN_RECORD_BYTES));
  if (batch.lastOffset < baseOffset || batch.count < 0 || batch.count > maxCount) {
    throw new RangeError(
      `Its header declares ${batch.count} records up to offset ${batch.lastOffset} in ${records.length} bytes`,
    );
  }
  // Throws if the marker is corrupt.
  if (batch.isControl) isAbortMarker(batch);
  return { batch, decompressedBytes: codec === 0 ? 0 : records.length };
}

/** An aborted transaction of a Fetch response, with the offset of its first record. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Returns for each batch whether a consumer sees its records: not those of control batches and of aborted transactions. A transaction
 * starts with the batch at its first offset and ends with its marker.
 *
 * @param aborted from the same response
 * @see Kafka's org.apache.kafka.clients.consumer.internals.CompletedFetch#nextFetchedRecord
 */
export function areVisible(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): boolean[] {
  const pending = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  return batches.map((batch) => {
    while (pending.length > 0 && pending[0]!.firstOffset <= batch.lastOffset) {
      open.add(pending.shift()!.producerId);
    }
    if (batch.isControl) {
      if (isAbortMarker(batch)) open.delete(batch.producerId);
      return false;
    }
    return !(batch.isTransactional && open.has(batch.producerId));
  });
}

/** The key of a control record is an INT16 version and an INT16 type. Type 0 is an abort. */
function isAbortMarker({ bytes, count }: RecordBatch): boolean {
  if (count === 0) return false;
  const reader = new RecordReader();
  reader.reset(bytes);
  reader.next();
  const key = reader.key();
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
