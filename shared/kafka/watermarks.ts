/**
 * Watermarks of partitions: the first offset, the end, and the end for consumers that read committed records only.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_ListOffsets
 * @module
 */
import { createErrorFromCode, errorCodes } from "kafkajs/src/protocol/error.js";
import type { KafkaCluster } from "./cluster.ts";
import { fetchTopics, type TopicMetadata } from "./metadata.ts";

/** Offsets of a partition. */
export interface Watermarks {
  /** The first offset that is kept. */
  readonly low: number;
  /** The high watermark: one after the last offset that all in-sync replicas have. */
  readonly high: number;
  /** The last stable offset: where the first open transaction begins, else {@link high}. */
  readonly stable: number;
}

/** ListOffsets: the timestamps that stand for the first offset and the end, and the isolation levels. */
const EARLIEST = "-2", LATEST = "-1";
const READ_UNCOMMITTED = 0, READ_COMMITTED = 1;

/** A topic with a leader's partitions of it. */
interface TopicPartitions {
  readonly topic: string;
  readonly partitions: readonly number[];
}

/**
 * Fetches the watermarks of all partitions of some topics, from the leader of each.
 *
 * A partition without a leader, or whose leader does not answer, is left out; ask again later.
 *
 * @param topics names, or metadata that has just been fetched
 * @returns by topic, then by partition
 * @throws {KafkaJSError} when no broker answers, or a topic does not exist or may not be read
 */
export async function fetchWatermarks(
  cluster: KafkaCluster,
  topics: readonly (string | TopicMetadata)[],
): Promise<Map<string, Map<number, Watermarks>>> {
  const names = topics.filter((topic) => typeof topic === "string");
  const fetched = names.length > 0 ? await fetchTopics(cluster, names) : [];
  const metadata = [...topics.filter((topic) => typeof topic !== "string"), ...fetched];
  for (const { error } of metadata) if (error !== undefined) throw errorNamed(error);

  const answers = await Promise.allSettled(
    [...byLeader(metadata)].map(([leader, list]) => fromLeader(cluster, leader, list)),
  );
  const failed = answers.filter((answer) => answer.status === "rejected");
  if (failed.length > 0 && failed.length === answers.length) throw failed[0]!.reason;
  const result = new Map(metadata.map(({ name }) => [name, new Map<number, Watermarks>()]));
  for (const answer of answers) {
    if (answer.status === "rejected") continue;
    for (const { topic, partition, watermarks } of answer.value) {
      result.get(topic)!.set(partition, watermarks);
    }
  }
  return result;
}

/** kafkajs' error of one of Kafka's names of errors. */
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

const keyOf = (topic: string, partition: number): string => `${topic}[${partition}]`;

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

async function fromLeader(cluster: KafkaCluster, leader: number, topics: readonly TopicPartitions[]) {
  const broker = await cluster.node(leader);
  // One after the other: a high watermark that is older than the first offset would look like a topic that lost its records.
  const list = async (timestamp: string, isolationLevel: number) => {
    const { request, response } = broker.protocol("ListOffsets", {
      isolationLevel,
      topics: topics.map(({ topic, partitions }) => ({
        topic,
        partitions: partitions.map((partition) => ({ partition, timestamp })),
      })),
    });
    // A partition's error concerns that partition only.
    const parse = (data: ListedOffsets) => Promise.resolve(data);
    const { responses } = await broker.send<ListedOffsets>({ request, response: { ...response, parse } });
    return new Map(
      responses.flatMap(({ topic, partitions }) =>
        partitions.filter(({ errorCode }) => errorCode === 0)
          .map(({ partition, offset }) => [keyOf(topic, partition), Number(offset)] as const)
      ),
    );
  };
  const lows = await list(EARLIEST, READ_UNCOMMITTED);
  const stables = await list(LATEST, READ_COMMITTED);
  const highs = await list(LATEST, READ_UNCOMMITTED);
  return topics.flatMap(({ topic, partitions }) =>
    partitions.flatMap((partition) => {
      const key = keyOf(topic, partition);
      const low = lows.get(key), high = highs.get(key), stable = stables.get(key);
      return low === undefined || high === undefined || stable === undefined
        ? []
        : [{ topic, partition, watermarks: { low, high, stable } }];
    })
  );
}
