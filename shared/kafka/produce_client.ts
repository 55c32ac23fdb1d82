/**
 * Requests of an idempotent producer: a producer id, and batches with sequence numbers, by which a broker recognizes a repetition.
 *
 * kafkajs' own producer fails as a whole when one partition of a topic has no leader, and takes sequence numbers back when a request
 * fails. Here the caller owns the sequence numbers, and each partition has its own result.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_Produce
 * @module
 */
import type { CompressionTypes } from "kafkajs";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";
import type { KafkaCluster } from "./cluster.ts";
import { fetchTopics, type TopicMetadata } from "./metadata.ts";
import { EncodedMessages } from "./kafkajs/encoded_messages.ts";
import type { RecordWriter } from "./records/record_writer.ts";

/** Whom a broker takes the batches to be from. */
export interface ProducerIdentity {
  readonly producerId: string;
  readonly producerEpoch: number;
}

/** Batches of some partitions of a topic that one broker leads. */
export interface ProduceRequest {
  readonly identity: ProducerIdentity;
  readonly topic: string;
  readonly compression: CompressionTypes;
  readonly batches: readonly {
    readonly partition: number;
    /** Number of the first record among all that this identity has sent to the partition. */
    readonly sequence: number;
    readonly records: RecordWriter;
  }[];
}

/** What a producer needs of Kafka. */
export interface ProduceClient {
  /** @throws {KafkaJSError} when no broker gives an identity */
  initProducerId(): Promise<ProducerIdentity>;
  /**
   * Sends a request to a broker and waits until all in-sync replicas have its batches. The records must not change meanwhile.
   *
   * @param leader node id
   * @returns for each partition the broker's error, `undefined` if it has stored the batch, now or before
   * @throws {KafkaJSError} when the broker does not answer: what it has stored is not known
   */
  produce(leader: number, request: ProduceRequest): Promise<ReadonlyMap<number, Error | undefined>>;
  /** See {@link fetchTopics}. */
  fetchTopics(topics: readonly string[]): Promise<TopicMetadata[]>;
}

/** How long a broker may wait for in-sync replicas, milliseconds. */
const REPLICATION_TIMEOUT_MS = 30_000;
/** The batch is stored already: it was sent before, and its answer was lost. */
const DUPLICATE_SEQUENCE_NUMBER = 46;

interface ProduceResponse {
  readonly topics: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

/** The requests of an idempotent producer on a cluster's connections. */
export const produceClient = (cluster: KafkaCluster): ProduceClient => ({
  initProducerId: async () => {
    const broker = await cluster.any();
    return await broker.request("InitProducerId", { transactionTimeout: 60_000 });
  },

  produce: async (leader, { identity, topic, compression, batches }) => {
    const broker = await cluster.node(leader);
    const partitions = batches.map(({ partition, sequence, records }) => ({
      partition,
      firstSequence: sequence,
      messages: new EncodedMessages(records),
    }));
    const { request, response } = broker.protocol("Produce", {
      acks: -1,
      timeout: REPLICATION_TIMEOUT_MS,
      compression,
      ...identity,
      topicData: [{ topic, partitions }],
    });
    const { topics } = await broker.send<ProduceResponse>({
      request,
      // kafkajs' own throws the first error that any partition has.
      response: { decode: (payload) => response.decode(payload), parse: (data) => Promise.resolve(data) },
    });
    return new Map(
      topics[0]!.partitions.map(({ partition, errorCode }) => [
        partition,
        errorCode === 0 || errorCode === DUPLICATE_SEQUENCE_NUMBER
          ? undefined
          : createErrorFromCode(errorCode),
      ]),
    );
  },

  fetchTopics: (topics) => fetchTopics(cluster, topics),
});
