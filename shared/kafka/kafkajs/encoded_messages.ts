/**
 * Passes records that are already encoded to kafkajs' Produce request.
 *
 * kafkajs encodes each record with about ten objects and twenty Buffers, which took 12 of the 14 CPU seconds of a producer per million
 * records. {@link EncodedMessages} replaces the array of messages in a Produce request. kafkajs still encodes the batch header, the
 * checksum and the compression.
 *
 * @see kafkajs/src/protocol/requests/produce/v3/request.js
 * @module
 */
import type { Buffer } from "node:buffer";
import type { RecordWriter } from "../records/record_writer.ts";

/** A message passed to kafkajs' callbacks to find out which of its two `map` calls it is. */
interface Probe {
  readonly timestamp: string;
  readonly key: null;
  readonly value: null;
}

/** Records of one partition, as kafkajs' Produce request takes them instead of an array of messages. */
export class EncodedMessages {
  readonly length: number;

  /** @param records must not change until kafkajs has encoded the request */
  constructor(private readonly records: RecordWriter) {
    this.length = records.count;
  }

  /** kafkajs maps the messages to their timestamps (it uses the first and the last after sorting), and to encoded records. */
  map(callback: (message: Probe, index: number) => unknown): unknown[] {
    const timestamp = String(this.records.firstTimestamp);
    const result = callback({ timestamp, key: null, value: null }, 0);
    if (result === timestamp) return [timestamp, String(this.records.maxTimestamp)];
    if (!isEncoder(result)) throw new TypeError("kafkajs maps its messages to something unknown");
    // A sparse array: kafkajs takes its length for the record count, and forEach, every and some skip the missing elements.
    const encoded: unknown[] = new Array(this.length);
    const bytes: Buffer = this.records.bytes;
    encoded[0] = { buf: bytes, buffer: bytes };
    return encoded;
  }
}

const isEncoder = (result: unknown): boolean =>
  typeof result === "object" && result !== null && "buf" in result && "buffer" in result;
