/**
 * Hands kafkajs records that are encoded already.
 *
 * kafkajs encodes a record with some ten objects and twenty Buffers: 12 of the 14 CPU seconds that a producer took for a million
 * records. It does so through the array that `producer.send` is given: it asks for its length, a value that is missing, its
 * messages by partition, their timestamps, and each one's encoding. What stands here answers all that in the place of an array, so that batches, checksums, compression, producer id, epoch, sequence and retries stay kafkajs' own.
 *
 * This file is the one place that knows; `produce_test.ts` holds it against kafkajs' own encoding of the same records.
 *
 * @see kafkajs/src/producer/sendMessages.js, kafkajs/src/protocol/requests/produce/v3/request.js
 * @module
 */
import type { Buffer } from "node:buffer";
import type { Message } from "kafkajs";
import type { RecordWriter } from "../records/record_writer.ts";

/** A message such as kafkajs' callbacks are tried with, to see what they ask for. */
interface Probe {
  readonly timestamp: string;
  readonly key: null;
  readonly value: null;
}

/** Records of one partition, in the place of an array of messages. */
export class EncodedMessages {
  readonly length: number;

  constructor(private readonly records: RecordWriter) {
    this.length = records.count;
  }

  /** kafkajs maps twice: to the timestamps, of which it needs the first and the greatest, and to the encoded records. */
  map(callback: (message: Probe, index: number) => unknown): unknown[] {
    const timestamp = String(this.records.firstTimestamp);
    const answer = callback({ timestamp, key: null, value: null }, 0);
    if (answer === timestamp) return [timestamp, String(this.records.maxTimestamp)];
    if (!isEncoder(answer)) throw new TypeError("kafkajs asks its messages for what it did not ask before.");
    // As long as there are records, with one element, which holds them all: forEach, every and some pass over the rest.
    const encoded: unknown[] = new Array(this.length);
    const bytes: Buffer = this.records.bytes;
    encoded[0] = { buf: bytes, buffer: bytes };
    return encoded;
  }
}

/** Records of some partitions of a topic, in the place of an array of messages. */
class PartitionedMessages {
  constructor(private readonly partitions: ReadonlyMap<number, RecordWriter>) {}

  /** kafkajs looks for a message whose value is `undefined`: there is none. */
  find(): undefined {
    return undefined;
  }

  /** kafkajs groups by partition. */
  reduce(): Record<number, EncodedMessages> {
    return Object.fromEntries(
      Array.from(this.partitions, ([partition, records]) => [partition, new EncodedMessages(records)]),
    );
  }
}

const isEncoder = (answer: unknown): boolean =>
  typeof answer === "object" && answer !== null && "buf" in answer && "buffer" in answer;

/**
 * What `producer.send` takes as `messages`, for records that are sorted by partition already. The producer's partitioner is not asked.
 * The records must stay as they are until the send has ended.
 */
export const encodedMessages = (partitions: ReadonlyMap<number, RecordWriter>): Message[] =>
  new PartitionedMessages(partitions) as unknown as Message[];
