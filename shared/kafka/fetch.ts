/**
 * Takes record batches from kafkajs as they came from the broker.
 *
 * kafkajs makes an object of every record, with an offset and a timestamp as text by way of Long and BigInt, two Buffers and a context:
 * most of what a consumer's CPU did. Here its decoder of Fetch responses is replaced by one that gives it one message for each
 * record batch: the message's offset is the batch's last one, so that kafkajs goes on behind it. A batch that is not for applications
 * (a transaction's marker, an aborted transaction) comes as one without records: kafkajs would pass over it without asking whether the
 * consumer has meanwhile been sent elsewhere, and progress has to pass over it as over any other.
 * Connections, groups, offsets, retries and errors stay kafkajs' own.
 *
 * This file is the one place that knows; `fetch_test.ts` holds it against kafkajs' own decoding of the same responses.
 *
 * @see kafkajs/src/protocol/requests/fetch, kafkajs/src/consumer/batch.js
 * @module
 */
import { Buffer } from "node:buffer";
import type { KafkaMessage } from "kafkajs";
import KafkajsDecoder from "kafkajs/src/protocol/decoder.js";
import { protocol } from "kafkajs/src/protocol/requests/fetch/index.js";
import { CorruptBatchError } from "./corrupt_batch.ts";
import { type ReadOptions, readRecordBatches } from "./read_record_batches.ts";
import { type AbortedTransaction, areVisible, type RecordBatch } from "./record_batch.ts";

/** A message that stands for a record batch. */
interface BatchMessage {
  /** The last offset of the batch. */
  readonly offset: string;
  readonly recordBatch: RecordBatch | CorruptBatchError;
}

/** Behind every offset that a fetch can ask for: kafkajs drops messages before that one. */
const CORRUPT_OFFSET = String(Number.MAX_SAFE_INTEGER);

const NOTHING = Buffer.alloc(0);

/** Versions of Fetch that send record batches and that kafkajs speaks. */
const VERSIONS = [4, 5, 6, 7, 8, 9, 10, 11];

/** From now on consumers of this process get record batches; {@link recordBatches} takes them out of a batch of kafkajs'. */
export function fetchRecordBatches(options: ReadOptions): void {
  for (const version of VERSIONS) {
    const { response } = protocol({ version })({ topics: [] });
    response.decode = (data: Buffer) => decodeFetchResponse(data, version, options);
  }
}

/**
 * The record batches behind the messages of a batch of kafkajs'. The first one may begin before the offset that was asked for.
 *
 * @throws {CorruptBatchError} when the first one cannot be read; see {@link readRecordBatches}
 * @throws {Error} where the broker is so old, before Kafka 0.11, that it speaks a version of Fetch without them
 */
export function recordBatches(messages: readonly KafkaMessage[]): RecordBatch[] {
  return messages.map((message) => {
    const { recordBatch } = message as unknown as BatchMessage;
    if (!recordBatch) {
      throw new Error("Kafka sent records in a format from before 0.11. Upgrade the brokers.");
    }
    if (recordBatch instanceof CorruptBatchError) throw recordBatch;
    return recordBatch;
  });
}

/** Decodes a Fetch response into what kafkajs' own decoder gives, with a message for each record batch. */
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

async function readMessages(
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
