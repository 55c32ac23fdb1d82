/**
 * Record batches as Kafka stores and sends them: the header of each, and where its records lie.
 *
 * Nothing is allocated by a number that was received before that number is compared with the bytes that were received.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 * @module
 */
import { Buffer } from "node:buffer";
import { decompress } from "./codecs.ts";
import { verifyCrc } from "./corrupt_batch.ts";
import { crc32c } from "./crc32c.ts";
import { RecordReader } from "./record_writer.ts";

/** One record batch, its records not decoded yet, but decompressed. */
export interface RecordBatch {
  /** Offsets of the first and the last record that it was written with; compaction may have taken records away since. */
  readonly baseOffset: number;
  readonly lastOffset: number;
  /** Unix milliseconds: of the first record, and the greatest. */
  readonly firstTimestamp: number;
  readonly maxTimestamp: number;
  /** The broker's clock counts, which is `maxTimestamp`, and not the producer's. */
  readonly isLogAppendTime: boolean;
  readonly producerId: bigint;
  readonly isTransactional: boolean;
  /** It holds a transaction's marker and nothing for applications. */
  readonly isControl: boolean;
  /** Records in it. */
  readonly count: number;
  /** The records; {@link RecordReader} reads them. */
  readonly bytes: Uint8Array;
}

/** Where the fields lie in a batch. Offset, length and magic are at the same place in messages of the older formats. */
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
/** Bytes before those that the length counts. */
export const LENGTH_END = 12;
/** A record's length, attributes, two deltas, two lengths and the number of headers take a byte each, or more. */
const MIN_RECORD_BYTES = 7;

const ATTRIBUTE = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 };

/** A batch, and how many bytes its decompression has produced. */
export interface ReadBatch {
  readonly batch: RecordBatch;
  readonly inflatedBytes: number;
}

/**
 * Reads one batch.
 *
 * @param maxBytes largest allowed size of its records, if they are compressed
 * @throws {TooLargeError} when they are larger
 * @throws {Error} when the batch cannot be read
 */
export async function readBatch(bytes: Buffer, checkCrc: boolean, maxBytes: number): Promise<ReadBatch> {
  const magic = bytes.readInt8(AT.magic);
  if (magic !== 2) throw new RangeError(`Its magic is ${magic}, which this version does not know`);
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
  // Memory is allocated by the count before the records are read.
  const maxCount = Math.min(batch.lastOffset - baseOffset + 1, Math.floor(records.length / MIN_RECORD_BYTES));
  if (batch.lastOffset < baseOffset || batch.count < 0 || batch.count > maxCount) {
    throw new RangeError(
      `Its header says ${batch.count} records up to offset ${batch.lastOffset}, in ${records.length} bytes`,
    );
  }
  // Markers are read here, the records of other batches by the consumer.
  if (batch.isControl) isAbortMarker(batch);
  return { batch, inflatedBytes: codec === 0 ? 0 : records.length };
}

/** A transaction that was aborted: its producer, and the offset of its first record. */
export interface AbortedTransaction {
  readonly producerId: bigint;
  readonly firstOffset: number;
}

/**
 * Which batches hold records for applications: no control batches, and none of an aborted transaction. A transaction begins with the
 * batch at its first offset and ends with its marker.
 *
 * @param aborted as the broker tells them with these batches
 * @returns for each batch whether it does
 * @see Kafka's org.apache.kafka.clients.consumer.internals.CompletedFetch#nextFetchedRecord
 */
export function areVisible(
  batches: readonly RecordBatch[],
  aborted: readonly AbortedTransaction[],
): boolean[] {
  const waiting = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset);
  const open = new Set<bigint>();
  return batches.map((batch) => {
    while (waiting.length > 0 && waiting[0]!.firstOffset <= batch.lastOffset) {
      open.add(waiting.shift()!.producerId);
    }
    if (batch.isControl) {
      if (isAbortMarker(batch)) open.delete(batch.producerId);
      return false;
    }
    return !(batch.isTransactional && open.has(batch.producerId));
  });
}

/** A control record's key is two INT16, a version and a type; type 0 aborts. */
function isAbortMarker({ bytes, count }: RecordBatch): boolean {
  if (count === 0) return false;
  const reader = new RecordReader();
  reader.reset(bytes);
  reader.next();
  const key = reader.key();
  return key !== null && key.length >= 4 && key.readInt16BE(2) === 0;
}
