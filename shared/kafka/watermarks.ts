/**
 * Watermarks of partitions, by ListOffsets requests.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_ListOffsets
 * @module
 */
import { createErrorFromCode, errorCodes } from "kafkajs/src/protocol/error.js";
import { partitionKey } from "../schema/progress.ts";
import type { KafkaCluster } from "./cluster.ts";
import { fetchTopics, type TopicMetadata } from "./metadata.ts";

export interface Watermarks {
  /** The low watermark: the first offset that retention has not deleted. */
  readonly low: number;
  /** The high watermark: one after the last offset that all in-sync replicas have. */
  readonly high: number;
  /** The last stable offset: the start of the first open transaction, or {@link high} if there is none. */
  readonly stable: number;
}

/** Timestamps and isolation levels of ListOffsets. */
const EARLIEST = "-2", LATEST = "-1";
const READ_UNCOMMITTED = 0, READ_COMMITTED = 1;

/** Partitions of a topic that have the same leader. */
interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/**
 * Fetches the watermarks of all partitions of some topics from their leaders.
 *
 * @param topics names, or metadata that has just been fetched
 * @returns by topic and partition, without partitions that have no leader or whose leader does not respond
 * @throws {KafkaJSError} if no leader responds, or a topic does not exist or access to it is denied
 */
export async function fetchWatermarks(
  cluster: KafkaCluster,
  topics: readonly (string | TopicMetadata)[],
): Promise<Map<string, Map<number, Watermarks>>> {
  const names = topics.filter((topic) => typeof topic === "string");
  const fetched = names.length > 0 ? await fetchTopics(cluster, names) : [];
  const metadata = [...topics.filter((topic) => typeof topic !== "string"), ...fetched];
  for (const { error } of metadata) if (error !== undefined) throw errorNamed(error);

  const responses = await Promise.allSettled(
    [...byLeader(metadata)].map(([leader, list]) => fetchFromLeader(cluster, leader, list)),
  );
  const failed = responses.filter((response) => response.status === "rejected");
  if (failed.length > 0 && failed.length === responses.length) throw failed[0]!.reason;
  const result = new Map(metadata.map(({ name }) => [name, new Map<number, Watermarks>()]));
  for (const response of responses) {
    if (response.status === "rejected") continue;
    for (const { topic, partition, watermarks } of response.value) {
      result.get(topic)!.set(partition, watermarks);
    }
  }
  return result;
}

/** Creates kafkajs' error from Kafka's name of an error. */
export function errorNamed(name: string): Error {
  return createErrorFromCode(errorCodes.find(({ type }: { type: string }) => type === name)?.code ?? -1);
}

function byLeader(metadata: readonly TopicMetadata[]): Map<number, TopicPartitions[]> {
  const result = new Map<number, TopicPartitions[]>();
  for (const { name, partitions } of metadata) {
    const leaders = Map.groupBy(partitions, ({ leader }) => leader);
    for (const [leader, list] of leaders) {
      if (leader === undefined) continue;
      const topics = result.get(leader) ?? [];
      topics.push({ topic: name, partitions: list.map(({ partition }) => partition) });
      result.set(leader, topics);
    }
  }
  return result;
}

interface ListedOffsets {
  readonly responses: readonly {
    readonly topic: string;
    readonly partitions: readonly {
      readonly partition: number;
      readonly errorCode: number;
      readonly offset: string;
    }[];
  }[];
}

/** Fetches an offset of each partition from its leader, by {@link partitionKey}. Partitions with an error are left out. */
async function listOffsets(
  cluster: KafkaCluster,
  leader: number,
  topics: readonly TopicPartitions[],
  timestamp: string,
  isolationLevel: number,
): Promise<Map<string, number>> {
  const broker = await cluster.node(leader);
  const { request, response } = broker.protocol("ListOffsets", {
    isolationLevel,
    topics: topics.map(({ topic, partitions }) => ({
      topic,
      partitions: partitions.map((partition) => ({ partition, timestamp })),
    })),
  });
  // kafkajs' parse() throws the first error of any partition.
  const parse = (data: ListedOffsets) => Promise.resolve(data);
  const { responses } = await broker.send<ListedOffsets>({ request, response: { ...response, parse } });
  return new Map(
    responses.flatMap(({ topic, partitions }) =>
      partitions.filter(({ errorCode }) => errorCode === 0)
        .map(({ partition, offset }) => [partitionKey({ topic, partition }), Number(offset)] as const)
    ),
  );
}

/**
 * Fetches the offset of the first record of each partition with a timestamp of at least `timestampMs`.
 *
 * @returns by {@link partitionKey}; −1 if there is no such record. Without partitions that have no leader
 * @throws {KafkaJSError} if a leader does not respond
 */
export async function fetchOffsetsAt(
  cluster: KafkaCluster,
  metadata: readonly TopicMetadata[],
  timestampMs: number,
): Promise<Map<string, number>> {
  const offsets = await Promise.all(
    [...byLeader(metadata)].map(([leader, list]) =>
      listOffsets(cluster, leader, list, String(timestampMs), READ_UNCOMMITTED)
    ),
  );
  return new Map(offsets.flatMap((each) => [...each]));
}

async function fetchFromLeader(cluster: KafkaCluster, leader: number, topics: readonly TopicPartitions[]) {
  const list = (timestamp: string, isolationLevel: number) =>
    listOffsets(cluster, leader, topics, timestamp, isolationLevel);
  // In this order: with a high watermark older than the low one, the topic would seem truncated.
  const lows = await list(EARLIEST, READ_UNCOMMITTED);
  const stables = await list(LATEST, READ_COMMITTED);
  const highs = await list(LATEST, READ_UNCOMMITTED);
  return topics.flatMap(({ topic, partitions }) =>
    partitions.flatMap((partition) => {
      const key = partitionKey({ topic, partition });
      const low = lows.get(key), high = highs.get(key), stable = stables.get(key);
      return low === undefined || high === undefined || stable === undefined
        ? []
        : [{ topic, partition, watermarks: { low, high, stable } }];
    })
  );
}
