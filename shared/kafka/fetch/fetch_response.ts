/**
 * Decodes Fetch responses into record batches.
 *
 * Replaces kafkajs' decoder, which spends most of a consumer's CPU time on creating an object per record, with offset and timestamp as
 * strings and two Buffers. A partition of a decoded response has one message per record batch. A batch that consumers must not see (a
 * transaction marker, an aborted transaction) is returned without records, because progress has to advance past its offsets.
 *
 * Depends on kafkajs 2.2.4 internals; `fetch_response_test.ts` compares it with the original.
 *
 * @see kafkajs/src/protocol/requests/fetch, kafkajs/src/consumer/batch.js
 * @module
 */
import { Buffer } from "node:buffer";
import type { KafkaMessage } from "kafkajs";
import KafkajsDecoder from "kafkajs/src/protocol/decoder.js";
import { CorruptBatchError } from "../records/corrupt_batch.ts";
import { type ReadOptions, readRecordBatches } from "../records/read_record_batches.ts";
import { type AbortedTransaction, areVisible, type RecordBatch } from "../records/record_batch.ts";

/** A record batch in the shape of kafkajs' messages. */
interface BatchMessage {
  /** The last offset of the batch. */
  readonly offset: string;
  readonly recordBatch: RecordBatch | CorruptBatchError;
}

/** Greater than any fetch offset: kafkajs drops messages before the fetch offset. */
const CORRUPT_OFFSET = String(Number.MAX_SAFE_INTEGER);

const EMPTY = Buffer.alloc(0);

/**
 * Returns the record batches of a decoded partition. The first one may start before the fetch offset.
 *
 * @throws {CorruptBatchError} if the first one cannot be read; see {@link readRecordBatches}
 */
export function recordBatches(messages: readonly KafkaMessage[]): RecordBatch[] {
  return messages.map((message) => {
    const { recordBatch } = message as unknown as BatchMessage;
    if (recordBatch instanceof CorruptBatchError) throw recordBatch;
    return recordBatch;
  });
}

/** Decodes a Fetch response of version 4 to 11 to the object that kafkajs' decoder returns, with one message per record batch. */
export async function decodeFetchResponse(data: Buffer, version: number, options: ReadOptions) {
  const decompressed = { bytes: 0 };
  const decoder = new KafkajsDecoder(data);
  const throttle: number = decoder.readInt32();
  const session = version >= 7 ? { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() } : {};
  const responses = [];
  for (let topics = decoder.readInt32(); topics > 0; topics--) {
    const topicName: string = decoder.readString();
    const partitions = [];
    for (let count = decoder.readInt32(); count > 0; count--) {
      partitions.push(await decodePartition(decoder, version, options, decompressed));
    }
    responses.push({ topicName, partitions });
  }
  // Since version 8 the client delays its next request instead of the broker delaying the response (KIP-219).
  return version >= 8
    ? { throttleTime: 0, clientSideThrottleTime: throttle, ...session, responses }
    : { throttleTime: throttle, ...session, responses };
}

async function decodePartition(
  // deno-lint-ignore no-explicit-any -- kafkajs' decoder has no types
  decoder: any,
  version: number,
  options: ReadOptions,
  decompressed: { bytes: number },
) {
  const header = {
    partition: decoder.readInt32(),
    errorCode: decoder.readInt16(),
    highWatermark: String(decoder.readInt64()),
    lastStableOffset: String(decoder.readInt64()),
    ...(version >= 5 ? { lastStartOffset: String(decoder.readInt64()) } : {}),
  };
  const aborted: AbortedTransaction[] = decoder.readArray(() => ({
    producerId: decoder.readInt64(),
    firstOffset: Number(decoder.readInt64()),
  }));
  const replica = version >= 11 ? { preferredReadReplica: decoder.readInt32() } : {};
  const data: Buffer = decoder.readBytes() ?? Buffer.alloc(0);
  const messages = await readMessages(data, aborted, options, decompressed);
  // Already filtered; kafkajs must not search its messages for them.
  return { ...header, abortedTransactions: [], ...replica, messages };
}

/** Reads the record batches of a partition for {@link recordBatches}. */
export async function readMessages(
  data: Buffer,
  aborted: readonly AbortedTransaction[],
  options: ReadOptions,
  decompressed: { bytes: number },
): Promise<BatchMessage[]> {
  try {
    const batches = await readRecordBatches(data, options, decompressed);
    const visible = areVisible(batches, aborted);
    return batches.map((recordBatch, index) => ({
      offset: String(recordBatch.lastOffset),
      recordBatch: visible[index]! ? recordBatch : { ...recordBatch, count: 0, bytes: EMPTY },
    }));
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    // Must not fail the other partitions of the response.
    return [{ offset: CORRUPT_OFFSET, recordBatch: error }];
  }
}
