/**
 * Fetch requests by topic id (version 13, KIP-516), which kafkajs does not support.
 *
 * A request by name would fetch from whatever topic has the name: also from one that was deleted and recreated since the progress was
 * compared with it. A request by id fails with UNKNOWN_TOPIC_ID then.
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

/** The version that is used here, the first one that has topic ids instead of names. */
const BY_ID = 13;
const READ_COMMITTED = 1;
/** No replica, no fetch session, no leader epoch. */
const NONE = -1;

/** Error codes of topic ids, which kafkajs does not know, and the one that has the same meaning for names: look the topic up again. */
const UNKNOWN_TOPIC_ID = 100, INCONSISTENT_TOPIC_ID = 103, UNKNOWN_TOPIC_OR_PARTITION = 3;
const errorOfName = (code: number): number =>
  code === UNKNOWN_TOPIC_ID || code === INCONSISTENT_TOPIC_ID ? UNKNOWN_TOPIC_OR_PARTITION : code;

/** What to fetch. */
export interface FetchFields {
  readonly maxWaitTime: number;
  readonly minBytes: number;
  readonly maxBytes: number;
  readonly topics: readonly FetchTopic[];
}

/** A topic in a request. */
export interface FetchTopic {
  readonly topic: string;
  /** As Kafka prints it; `undefined` if it is unknown. */
  readonly topicId: string | undefined;
  readonly partitions: readonly {
    readonly partition: number;
    readonly fetchOffset: number;
    readonly maxBytes: number;
  }[];
}

/** A response: by topic and partition. */
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
 * A Fetch request: by topic id if all ids are known and the broker supports it, else by name in the highest version of kafkajs.
 * The broker must be connected. Errors of partitions are in the response.
 */
export function fetchRequest(broker: KafkaBroker, fields: FetchFields, read: ReadOptions): ProtocolRequest {
  const parse = (response: FetchResponse) => Promise.resolve(response);
  const isById = (broker.maxVersion("Fetch") ?? 0) >= BY_ID &&
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
      apiVersion: BY_ID,
      apiName: "Fetch",
      encode: () => Promise.resolve(encodeFetchById(fields)),
    },
    response: { decode: (data: Buffer) => decodeFetchById(data, names, read), parse },
  };
}

/** The body, after the empty tagged fields that end a header of the compact encoding. */
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
 * @param names the topics of the request, by id
 * @throws {KafkaJSProtocolError} of the response as a whole
 */
export async function decodeFetchById(
  data: Buffer,
  names: ReadonlyMap<string, string>,
  options: ReadOptions,
): Promise<FetchResponse> {
  const inflated = { bytes: 0 };
  const decoder = new KafkajsDecoder(data);
  skipTaggedFields(decoder);
  decoder.readInt32();
  const errorCode = errorOfName(decoder.readInt16());
  if (errorCode !== 0) throw createErrorFromCode(errorCode);
  decoder.readInt32();
  const responses = [];
  for (let topics = decoder.readUVarInt() - 1; topics > 0; topics--) {
    const id: string = decoder.readBytes(16).toString("base64url");
    const partitions = [];
    for (let count = decoder.readUVarInt() - 1; count > 0; count--) {
      partitions.push(await decodePartition(decoder, options, inflated));
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
  inflated: { bytes: number },
) {
  const partition: number = decoder.readInt32();
  const errorCode = errorOfName(decoder.readInt16());
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
  return { partition, errorCode, messages: await readMessages(records, aborted, options, inflated) };
}

/** kafkajs' own function takes the size of a tagged field for that of compact bytes, which is one more. */
// deno-lint-ignore no-explicit-any -- kafkajs' decoder has no types
function skipTaggedFields(decoder: any): void {
  for (let fields: number = decoder.readUVarInt(); fields > 0; fields--) {
    decoder.readUVarInt();
    decoder.readBytes(decoder.readUVarInt());
  }
}
