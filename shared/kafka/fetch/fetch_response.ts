/**
 * Decodes Fetch responses into record batches.
 *
 * kafkajs' own decoder makes an object of every record, with an offset and a timestamp as text by way of Long and BigInt, two Buffers and
 * a context: most of a consumer's CPU time. Here a response has one message for each record batch, whose offset is the batch's last one.
 * A batch that is not for applications (a transaction's marker, an aborted transaction) comes as one without records, since progress has
 * to pass over it as over any other.
 *
 * Depends on kafkajs 2.2.4 internals; `fetch_test.ts` compares it with kafkajs' own decoding of the same responses.
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

/** A message that stands for a record batch. */
interface BatchMessage {
  /** The last offset of the batch. */
  readonly offset: string;
  readonly recordBatch: RecordBatch | CorruptBatchError;
}

/** Behind every offset that a fetch can ask for: kafkajs drops messages before that one. */
const CORRUPT_OFFSET = String(Number.MAX_SAFE_INTEGER);

const NOTHING = Buffer.alloc(0);

/**
 * The record batches of a decoded partition. The first one may begin before the offset that was asked for.
 *
 * @throws {CorruptBatchError} when the first one cannot be read; see {@link readRecordBatches}
 */
export function recordBatches(messages: readonly KafkaMessage[]): RecordBatch[] {
  return messages.map((message) => {
    const { recordBatch } = message as unknown as BatchMessage;
    if (recordBatch instanceof CorruptBatchError) throw recordBatch;
    return recordBatch;
  });
}

/** Decodes a Fetch response (version 4 to 11) into what kafkajs' own decoder gives, with a message for each record batch. */
export async function decodeFetchResponse(data: Buffer, version: number, options: ReadOptions) {
  const inflated = { bytes: 0 };
  const decoder = new KafkajsDecoder(data);
  const throttle: number = decoder.readInt32();
  const session = version >= 7 ? { errorCode: decoder.readInt16(), sessionId: decoder.readInt32() } : {};
  const responses = [];
  for (let topics = decoder.readInt32(); topics > 0; topics--) {
    const topicName: string = decoder.readString();
    const partitions = [];
    for (let count = decoder.readInt32(); count > 0; count--) {
      partitions.push(await decodePartition(decoder, version, options, inflated));
    }
    responses.push({ topicName, partitions });
  }
  // Since version 8 the client holds itself back, and the broker has not done it (KIP-219).
  return version >= 8
    ? { throttleTime: 0, clientSideThrottleTime: throttle, ...session, responses }
    : { throttleTime: throttle, ...session, responses };
}

async function decodePartition(
  // deno-lint-ignore no-explicit-any -- kafkajs' decoder has no types
  decoder: any,
  version: number,
  options: ReadOptions,
  inflated: { bytes: number },
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
  const messages = await readMessages(data, aborted, options, inflated);
  // Aborted transactions have been dealt with: kafkajs must not look for them among its messages.
  return { ...header, abortedTransactions: [], ...replica, messages };
}

/** Reads the records of a partition into messages for {@link recordBatches}. */
export async function readMessages(
  data: Buffer,
  aborted: readonly AbortedTransaction[],
  options: ReadOptions,
  inflated: { bytes: number },
): Promise<BatchMessage[]> {
  try {
    const batches = await readRecordBatches(data, options, inflated);
    const visible = areVisible(batches, aborted);
    return batches.map((recordBatch, index) => ({
      offset: String(recordBatch.lastOffset),
      recordBatch: visible[index]! ? recordBatch : { ...recordBatch, count: 0, bytes: NOTHING },
    }));
  } catch (error) {
    if (!(error instanceof CorruptBatchError)) throw error;
    // It must not fail the other partitions of the response.
    return [{ offset: CORRUPT_OFFSET, recordBatch: error }];
  }
}
