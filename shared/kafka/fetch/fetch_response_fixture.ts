/**
 * Fetch responses, and what a consumer sees of them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import assert from "assert";
import { CompressionTypes } from "kafkajs";
import KafkajsBatch from "kafkajs/src/consumer/batch.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import kafkajsCrc32C from "kafkajs/src/protocol/recordBatch/crc32C/index.js";
import encodeRecord from "kafkajs/src/protocol/recordBatch/record/v0/index.js";
import { RecordBatch as encodeBatch } from "kafkajs/src/protocol/recordBatch/v0/index.js";
import { RecordReader } from "../records/record_reader.ts";
import { decodeFetchResponse, recordBatches } from "./fetch_response.ts";

export const OPTIONS = { checkCrcs: true, decompressedBytesMax: 1_000_000 };
export const TIMESTAMP = 1_700_000_000_000;

/** A record batch to encode. */
export interface Given {
  readonly baseOffset: number;
  /** Offset deltas of the records that compaction did not remove. */
  readonly deltas: readonly number[];
  readonly lastOffsetDelta: number;
  readonly producerId?: number;
  readonly transactional?: boolean;
  readonly marker?: "abort" | "commit";
  readonly compression?: number;
  readonly logAppendTime?: boolean;
}

/** Encodes a batch by kafkajs. The values are derived from the offsets. */
export async function encodeGiven(given: Given): Promise<Buffer> {
  const { baseOffset, deltas, lastOffsetDelta, producerId = -1, transactional = false, marker } = given;
  const records = deltas.map((delta) => {
    const offset = baseOffset + delta;
    const key = marker ? Buffer.from([0, 0, 0, marker === "abort" ? 0 : 1]) : Buffer.from(`key ${offset}`);
    const value = marker ? Buffer.alloc(6) : offset % 7 === 0 ? null : Buffer.from(`value ${offset}`);
    return encodeRecord({ offsetDelta: delta, timestampDelta: delta * 10, key, value, headers: { h: "v" } });
  });
  const { buffer } = await encodeBatch({
    compression: given.compression ?? CompressionTypes.None,
    firstOffset: baseOffset,
    firstTimestamp: TIMESTAMP,
    maxTimestamp: TIMESTAMP + lastOffsetDelta * 10,
    lastOffsetDelta,
    producerId,
    transactional,
    records,
  });
  const bytes: Buffer = Buffer.from(buffer);
  bytes[22]! |= (marker ? 0x20 : 0) | (given.logAppendTime ? 0x08 : 0);
  bytes.writeUInt32BE(kafkajsCrc32C(bytes.subarray(21)), 17);
  return bytes;
}

export interface Aborted {
  readonly producerId: number;
  readonly firstOffset: number;
}

/** Encodes a Fetch response with one partition. */
export function fetchResponse(
  version: number,
  data: Buffer,
  highWatermark: number,
  aborted: readonly Aborted[] = [],
): Buffer {
  const partition = new Encoder().writeInt32(3).writeInt16(0).writeInt64(highWatermark)
    .writeInt64(highWatermark);
  if (version >= 5) partition.writeInt64(0);
  partition.writeInt32(aborted.length);
  for (const { producerId, firstOffset } of aborted) partition.writeInt64(producerId).writeInt64(firstOffset);
  if (version >= 11) partition.writeInt32(-1);
  partition.writeBytes(data);
  const topic = new Encoder().writeString("t").writeArray([partition], "object");
  const whole = new Encoder().writeInt32(17);
  if (version >= 7) whole.writeInt16(0).writeInt32(5);
  return whole.writeArray([topic], "object").buffer;
}

/** What a consumer sees of a partition. */
export interface Seen {
  readonly lastOffset: string;
  readonly records: readonly {
    readonly offset: string;
    readonly timestamp: string;
    readonly key: string | undefined;
    readonly value: string | undefined;
  }[];
}

/** Returns what a consumer that fetches from `from` sees of a response, decoded by this project. */
export async function seenFrom(data: Buffer, version: number, from: number): Promise<Seen> {
  const [topic] = (await decodeFetchResponse(data, version, OPTIONS)).responses;
  const batch = new KafkajsBatch("t", String(from), topic!.partitions[0]);
  // kafkajs would not pass on such a batch.
  assert(!batch.isEmptyDueToFiltering());
  const reader = new RecordReader();
  const records = recordBatches(batch.messages).flatMap((recordBatch) => {
    reader.reset(recordBatch.bytes);
    return Array.from({ length: recordBatch.count }, () => {
      reader.next();
      const timestamp = recordBatch.isLogAppendTime
        ? recordBatch.maxTimestamp
        : recordBatch.firstTimestamp + reader.timestampDelta;
      return {
        offset: String(recordBatch.baseOffset + reader.offsetDelta),
        timestamp: String(timestamp),
        key: reader.key()?.toString(),
        value: reader.value()?.toString(),
      };
    });
  });
  return {
    lastOffset: batch.lastOffset(),
    records: records.filter(({ offset }) => Number(offset) >= from),
  };
}
