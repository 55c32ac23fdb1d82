/**
 * Fetch requests by topic id (version 13, KIP-516), which kafkajs does not support.
 *
 * If a topic is deleted and recreated after its watermarks were compared with the progress, a request by name would read the new topic. A
 * request by id fails with UNKNOWN_TOPIC_ID.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_Fetch
 * @module
 */
import { Buffer } from "node:buffer";
import KafkajsDecoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import type { KafkaBroker, ProtocolRequest } from "../cluster.ts";
import { decodeFetchResponse, readMessages } from "./fetch_response.ts";
import type { ReadOptions } from "../records/read_record_batches.ts";

/** The first version with topic ids instead of names. */
const BY_ID_VERSION = 13;
const READ_COMMITTED = 1;
/** No replica, no fetch session, no leader epoch. */
const NONE = -1;

/** kafkajs does not know the error codes of topic ids. Both require a metadata refresh, as UNKNOWN_TOPIC_OR_PARTITION does. */
const UNKNOWN_TOPIC_ID = 100, INCONSISTENT_TOPIC_ID = 103, UNKNOWN_TOPIC_OR_PARTITION = 3;
const toKnownCode = (code: number): number =>
  code === UNKNOWN_TOPIC_ID || code === INCONSISTENT_TOPIC_ID ? UNKNOWN_TOPIC_OR_PARTITION : code;

export interface FetchFields {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly FetchTopic[];
}

export interface FetchTopic {
  readonly topic: string;
  /** As Kafka's tools print it; `undefined` if unknown. */
  readonly topicId: string | undefined;
  readonly partitions: readonly {
    readonly partition: number;
    readonly fetchOffset: number;
    readonly maxBytes: number;
  }[];
}

export interface FetchResponse {
  readonly responses: readonly {
    readonly topicName: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      // deno-lint-ignore no-explicit-any -- messages for `recordBatches`, which kafkajs types as its own
      readonly messages: readonly any[];
    }[];
  }[];
}

/**
 * Creates a Fetch request: by topic id if all ids are known and the broker supports it, otherwise by name.
 * The broker must be connected. Errors of partitions are in the response.
 */
export function fetchRequest(broker: KafkaBroker, fields: FetchFields, read: ReadOptions): ProtocolRequest {
  const parse = (response: FetchResponse) => Promise.resolve(response);
  const isById = (broker.maxVersion("Fetch") ?? 0) >= BY_ID_VERSION &&
    fields.topics.every(({ topicId }) => topicId !== undefined);
  const byName = broker.protocol("Fetch", { ...fields, rackId: "" });
  if (!isById) {
    const { apiVersion } = byName.request as { apiVersion: number };
    return {
      ...byName,
      response: { decode: (data: Buffer) => decodeFetchResponse(data, apiVersion, read), parse },
    };
  }
  const names = new Map(fields.topics.map(({ topic, topicId }) => [topicId!, topic]));
  return {
    ...byName,
    request: {
      apiKey: apiKeys.Fetch,
      apiVersion: BY_ID_VERSION,
      apiName: "Fetch",
      encode: () => Promise.resolve(encodeFetchById(fields)),
    },
    response: { decode: (data: Buffer) => decodeFetchById(data, names, read), parse },
  };
}

/** Encodes the tagged fields of the request header (none) and the body. */
export function encodeFetchById({ maxWaitTime, minBytes, maxBytes, topics }: FetchFields) {
  const encoder = new Encoder().writeUVarInt(0)
    .writeInt32(NONE).writeInt32(maxWaitTime).writeInt32(minBytes).writeInt32(maxBytes).writeInt8(
      READ_COMMITTED,
    )
    .writeInt32(0).writeInt32(NONE)
    .writeUVarInt(topics.length + 1);
  for (const { topicId, partitions } of topics) {
    encoder.writeBufferInternal(Buffer.from(topicId!, "base64url"));
    encoder.writeUVarInt(partitions.length + 1);
    for (const { partition, fetchOffset, maxBytes } of partitions) {
      encoder.writeInt32(partition).writeInt32(NONE).writeInt64(fetchOffset).writeInt32(NONE).writeInt64(NONE)
        .writeInt32(maxBytes).writeUVarInt(0);
    }
    encoder.writeUVarInt(0);
  }
  // No forgotten topics, no rack, no tagged fields.
  return encoder.writeUVarInt(1).writeUVarIntString("").writeUVarInt(0);
}

/**
 * Decodes a response of version 13. Errors of topic ids become UNKNOWN_TOPIC_OR_PARTITION.
 *
 * @param names topic names by id
 * @throws {KafkaJSProtocolError} if the response as a whole has an error
 */
export async function decodeFetchById(
  data: Buffer,
  names: ReadonlyMap<string, string>,
  options: ReadOptions,
): Promise<FetchResponse> {
  const decompressed = { bytes: 0 };
  const decoder = new KafkajsDecoder(data);
  skipTaggedFields(decoder);
  decoder.readInt32();
  const errorCode = toKnownCode(decoder.readInt16());
  if (errorCode !== 0) throw createErrorFromCode(errorCode);
  decoder.readInt32();
  const responses = [];
  for (let topics = decoder.readUVarInt() - 1; topics > 0; topics--) {
    const id: string = decoder.readBytes(16).toString("base64url");
    const partitions = [];
    for (let count = decoder.readUVarInt() - 1; count > 0; count--) {
      partitions.push(await decodePartition(decoder, options, decompressed));
    }
    skipTaggedFields(decoder);
    const topicName = names.get(id);
    if (topicName !== undefined) responses.push({ topicName, partitions });
  }
  return { responses };
}

async function decodePartition(
  // deno-lint-ignore no-explicit-any -- kafkajs' decoder has no types
  decoder: any,
  options: ReadOptions,
  decompressed: { bytes: number },
) {
  const partition: number = decoder.readInt32();
  const errorCode = toKnownCode(decoder.readInt16());
  // High watermark, last stable offset, log start offset.
  decoder.readBytes(24);
  const aborted = decoder.readUVarIntArray(() => {
    const transaction = { producerId: decoder.readInt64(), firstOffset: Number(decoder.readInt64()) };
    skipTaggedFields(decoder);
    return transaction;
  }) ?? [];
  // The preferred read replica.
  decoder.readInt32();
  const length: number = decoder.readUVarInt() - 1;
  const records: Buffer = length > 0 ? decoder.readBytes(length) : Buffer.alloc(0);
  skipTaggedFields(decoder);
  return { partition, errorCode, messages: await readMessages(records, aborted, options, decompressed) };
}

/** Replaces kafkajs' `readTaggedFields`, which takes the size of a field for a compact length (size + 1). */
// deno-lint-ignore no-explicit-any -- kafkajs' decoder has no types
function skipTaggedFields(decoder: any): void {
  for (let fields: number = decoder.readUVarInt(); fields > 0; fields--) {
    decoder.readUVarInt();
    decoder.readBytes(decoder.readUVarInt());
  }
}
