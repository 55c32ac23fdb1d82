/**
 * Record batches (magic 2) as Kafka stores and sends them: the header of each, and where its records lie.
 *
 * @see https://kafka.apache.org/documentation/#recordbatch
 * @module
 */
import { Buffer } from "node:buffer";
import { lookupCodecByAttributes } from "kafkajs/src/protocol/message/compression/index.js";
import { RecordReader } from "./records.ts";

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

/** Where the fields lie in a batch. */
const AT = {
  length: 8,
  magic: 16,
  attributes: 21,
  lastOffsetDelta: 23,
  firstTimestamp: 27,
  maxTimestamp: 35,
  producerId: 43,
  count: 57,
  records: 61,
};
/** Bytes before those that the length counts. */
const LENGTH_END = 12;

const ATTRIBUTE = { compression: 0x07, logAppendTime: 0x08, transactional: 0x10, control: 0x20 };

/** Where the magic byte lies in batches of every format. */
export const MAGIC_AT: number = AT.magic;

/**
 * Reads the batches that follow one another in `data`. The last one may be cut off, since brokers send as many bytes as were asked
 * for; it is left out.
 *
 * @throws {RangeError} where a batch is of another format
 */
export async function readRecordBatches(data: Buffer): Promise<RecordBatch[]> {
  const batches: RecordBatch[] = [];
  for (let at = 0; at + AT.records <= data.length;) {
    const end = at + LENGTH_END + data.readInt32BE(at + AT.length);
    if (end > data.length) break;
    const magic = data.readInt8(at + AT.magic);
    if (magic !== 2) throw new RangeError(`A record batch of magic ${magic}, where 2 was expected.`);
    const attributes = data.readInt16BE(at + AT.attributes);
    const baseOffset = Number(data.readBigInt64BE(at));
    const compressed = (attributes & ATTRIBUTE.compression) !== 0;
    const records = data.subarray(at + AT.records, end);
    batches.push({
      baseOffset,
      lastOffset: baseOffset + data.readInt32BE(at + AT.lastOffsetDelta),
      firstTimestamp: Number(data.readBigInt64BE(at + AT.firstTimestamp)),
      maxTimestamp: Number(data.readBigInt64BE(at + AT.maxTimestamp)),
      isLogAppendTime: (attributes & ATTRIBUTE.logAppendTime) !== 0,
      producerId: data.readBigInt64BE(at + AT.producerId),
      isTransactional: (attributes & ATTRIBUTE.transactional) !== 0,
      isControl: (attributes & ATTRIBUTE.control) !== 0,
      count: data.readInt32BE(at + AT.count),
      bytes: compressed ? await lookupCodecByAttributes(attributes).decompress(records) : records,
    });
    at = end;
  }
  return batches;
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
