/**
 * Topic metadata: topic ids, partitions and their leaders, with an error per topic and partition.
 *
 * kafkajs supports Metadata up to version 6, which has no topic ids, and rejects a response in which any partition has an error.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_Metadata
 * @see https://cwiki.apache.org/confluence/display/KAFKA/KIP-516%3A+Topic+Identifiers
 * @module
 */
import { Buffer } from "node:buffer";
import Decoder from "kafkajs/src/protocol/decoder.js";
import Encoder from "kafkajs/src/protocol/encoder.js";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";
import apiKeys from "kafkajs/src/protocol/requests/apiKeys.js";
import { requests } from "kafkajs/src/protocol/requests/index.js";
import type { Address } from "./address.ts";
import type { KafkaBroker, KafkaCluster, ProtocolRequest } from "./cluster.ts";

export interface PartitionMetadata {
  readonly partition: number;
  /** Node id; `undefined` while the partition has no leader. */
  readonly leader: number | undefined;
  /** Kafka's name of the partition's error, such as LEADER_NOT_AVAILABLE. */
  readonly error: string | undefined;
}

export interface TopicMetadata {
  readonly name: string;
  /** As Kafka's tools print it (Base64, 22 characters); `undefined` with brokers before 2.8. */
  readonly id: string | undefined;
  /** Kafka's name of the topic's error, such as UNKNOWN_TOPIC_OR_PARTITION or TOPIC_AUTHORIZATION_FAILED. */
  readonly error: string | undefined;
  /** Sorted by partition. Empty if the topic has an error. */
  readonly partitions: readonly PartitionMetadata[];
}

interface Metadata {
  /** Node id; negative while the cluster has no controller. */
  readonly controllerId: number;
  readonly brokers: readonly (Address & { readonly nodeId: number })[];
  readonly topics: readonly TopicMetadata[];
}

/** Versions of the Metadata API. */
const VERSION_MAX = 12;
const COMPACT_SINCE = 9;
const TOPIC_IDS_SINCE = 10;
const CLUSTER_OPERATIONS_UNTIL = 10;
/** For brokers without {@link COMPACT_SINCE}; the first version in which topic creation can be disabled. */
const OLD_VERSION = 4;
const NO_ID = Buffer.alloc(16);

/**
 * Fetches the metadata of some topics from any broker, and updates the broker addresses of `cluster`. Does not create topics.
 *
 * @returns in the order of `topics`, with the errors of topics and partitions
 * @throws {KafkaJSError} if no broker is available
 */
export async function fetchTopics(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<TopicMetadata[]> {
  const broker = await cluster.any();
  const metadata: Metadata = await broker.send(metadataRequest(broker, topics));
  await cluster.update(metadata.brokers);
  const byName = new Map(metadata.topics.map((topic) => [topic.name, topic]));
  return topics.map((name) =>
    byName.get(name) ?? { name, id: undefined, error: "UNKNOWN_TOPIC_OR_PARTITION", partitions: [] }
  );
}

/**
 * Returns the cluster's controller, connected, or any broker if there is none: in KRaft mode brokers forward requests to the controller.
 *
 * @throws {KafkaJSError} if it is not available
 */
export async function fetchController(cluster: KafkaCluster): Promise<KafkaBroker> {
  const broker = await cluster.any();
  const { brokers, controllerId }: Metadata = await broker.send(metadataRequest(broker, []));
  await cluster.update(brokers);
  return controllerId < 0 ? broker : await cluster.node(controllerId);
}

/** Kafka's name of an error code; `undefined` for 0. */
export function errorName(code: number): string | undefined {
  return code === 0 ? undefined : createErrorFromCode(code).type;
}

function metadataRequest(broker: KafkaBroker, topics: readonly string[]): ProtocolRequest {
  const version = Math.min(VERSION_MAX, broker.maxVersion("Metadata") ?? OLD_VERSION);
  const parse = (metadata: Metadata) => Promise.resolve(metadata);
  if (version < COMPACT_SINCE) {
    const { request, response } = requests.Metadata.protocol({ version: OLD_VERSION })({
      topics,
      allowAutoTopicCreation: false,
    });
    return {
      request,
      response: { decode: async (payload) => fromOldVersion(await response.decode(payload)), parse },
    };
  }
  const request = {
    apiKey: apiKeys.Metadata,
    apiVersion: version,
    apiName: "Metadata",
    encode: () => Promise.resolve(encodeRequest(topics, version)),
  };
  return {
    request,
    response: { decode: (payload) => Promise.resolve(decodeResponse(payload, version)), parse },
  };
}

interface OldMetadata {
  readonly controllerId: number;
  readonly brokers: Metadata["brokers"];
  readonly topicMetadata: readonly {
    readonly topic: string;
    readonly topicErrorCode: number;
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number;
      readonly partitionId: number;
      readonly leader: number;
    }[];
  }[];
}

function fromOldVersion({ controllerId, brokers, topicMetadata }: OldMetadata): Metadata {
  const topics = topicMetadata.map(({ topic, topicErrorCode, partitionMetadata }) => ({
    name: topic,
    id: undefined,
    error: errorName(topicErrorCode),
    partitions: sorted(
      partitionMetadata.map(({ partitionId, partitionErrorCode, leader }) =>
        partitionOf(partitionId, partitionErrorCode, leader)
      ),
    ),
  }));
  return { controllerId, brokers, topics };
}

const partitionOf = (partition: number, errorCode: number, leader: number): PartitionMetadata => ({
  partition,
  leader: leader < 0 ? undefined : leader,
  error: errorName(errorCode),
});

const sorted = (partitions: PartitionMetadata[]) => partitions.sort((a, b) => a.partition - b.partition);

/** Encodes the tagged fields of the request header (none) and the body. */
function encodeRequest(topics: readonly string[], version: number) {
  const encoder = new Encoder().writeUVarInt(0);
  encoder.writeUVarInt(topics.length + 1);
  for (const topic of topics) {
    if (version >= TOPIC_IDS_SINCE) encoder.writeBuffer(NO_ID);
    encoder.writeUVarIntString(topic).writeUVarInt(0);
  }
  encoder.writeBoolean(false);
  if (version <= CLUSTER_OPERATIONS_UNTIL) encoder.writeBoolean(false);
  return encoder.writeBoolean(false).writeUVarInt(0);
}

function decodeResponse(payload: Buffer, version: number): Metadata {
  const decoder = new Decoder(payload);
  decoder.readTaggedFields();
  decoder.readInt32();
  const brokers = decoder.readUVarIntArray(() => {
    const broker = {
      nodeId: decoder.readInt32(),
      host: decoder.readUVarIntString(),
      port: decoder.readInt32(),
    };
    decoder.readUVarIntString();
    decoder.readTaggedFields();
    return broker;
  });
  decoder.readUVarIntString();
  const controllerId = decoder.readInt32();
  const topics = decoder.readUVarIntArray(() => decodeTopic(decoder, version));
  return { controllerId, brokers, topics };
}

// deno-lint-ignore no-explicit-any -- kafkajs' decoder has no types
function decodeTopic(decoder: any, version: number): TopicMetadata {
  const error = errorName(decoder.readInt16());
  const name = decoder.readUVarIntString();
  const id: Buffer | undefined = version >= TOPIC_IDS_SINCE ? decoder.readBytes(16) : undefined;
  decoder.readBoolean();
  const skipNodes = () => decoder.readUVarIntArray(() => decoder.readInt32());
  const partitions: PartitionMetadata[] = decoder.readUVarIntArray(() => {
    const errorCode = decoder.readInt16(), partition = decoder.readInt32(), leader = decoder.readInt32();
    decoder.readInt32();
    skipNodes();
    skipNodes();
    skipNodes();
    decoder.readTaggedFields();
    return partitionOf(partition, errorCode, leader);
  });
  decoder.readInt32();
  decoder.readTaggedFields();
  return { name, id: textOfId(id), error, partitions: sorted(partitions) };
}

const textOfId = (id: Buffer | undefined) =>
  id === undefined || id.equals(NO_ID) ? undefined : id.toString("base64url");

/** Fetches the partition numbers of topics; topics that do not exist are left out. */
export async function fetchPartitions(
  cluster: KafkaCluster,
  topics: readonly string[],
): Promise<Map<string, number[]>> {
  const metadata = await fetchTopics(cluster, topics);
  return new Map(
    metadata.filter(({ error }) => error === undefined)
      .map(({ name, partitions }) => [name, partitions.map(({ partition }) => partition)]),
  );
}
