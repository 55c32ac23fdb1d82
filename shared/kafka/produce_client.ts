/**
 * Requests of an idempotent producer: it has a producer id, and its batches have sequence numbers, by which a broker detects duplicates.
 *
 * kafkajs' producer fails as a whole if one partition of a topic has no leader, and decrements sequence numbers if a request fails. Here
 * the caller owns the sequence numbers, and each partition has its own result.
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

/** Identifies a producer to the brokers. */
export interface ProducerIdentity {
  readonly producerId: string;
  readonly producerEpoch: number;
}

/** Batches of partitions of a topic that have the same leader. */
export interface ProduceRequest {
  readonly identity: ProducerIdentity;
  readonly topic: string;
  readonly compression: CompressionTypes;
  readonly batches: readonly {
    readonly partition: number;
    /** Sequence number of the first record: the number of records sent to the partition with this identity before. */
    readonly sequence: number;
    readonly records: RecordWriter;
  }[];
}

export interface ProduceClient {
  /** @throws {KafkaJSError} if no broker returns a producer id */
  initProducerId(): Promise<ProducerIdentity>;
  /**
   * Sends a request and waits until all in-sync replicas have its batches. The records must not change until then.
   *
   * @param leader node id
   * @returns each partition's error; `undefined` if the batch is stored, by this or an earlier request
   * @throws {KafkaJSError} if there is no response: the batches may be stored or not
   */
  produce(leader: number, request: ProduceRequest): Promise<ReadonlyMap<number, Error | undefined>>;
  /** See {@link fetchTopics}. */
  fetchTopics(topics: readonly string[]): Promise<TopicMetadata[]>;
}

/** Timeout of the broker for the in-sync replicas' acknowledgements. */
const REPLICATION_TIMEOUT_MS = 30_000;
/** The batch was stored by an earlier request whose response was lost. */
const DUPLICATE_SEQUENCE_NUMBER = 46;

interface ProduceResponse {
  readonly topics: readonly {
    readonly partitions: readonly { readonly partition: number; readonly errorCode: number }[];
  }[];
}

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
      // kafkajs' parse() throws the first error of any partition.
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
