/**
 * Creates missing topics.
 *
 * kafkajs' `createTopics` drops the broker's message, wraps every error in one without its name, and requests the metadata of all topics,
 * which fails if any partition has no leader.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_CreateTopics
 * @module
 */
import { DEFAULT_PARTITIONS, isPartitionsRejected, topicCreation } from "../diagnosis/kafka_topics.ts";
import { PermanentError, TransientError } from "../errors.ts";
import { pause } from "../lifecycle.ts";
import type { KafkaCluster } from "./cluster.ts";
import type { KafkaSettings } from "./client.ts";
import { errorName, fetchController, fetchTopics } from "./metadata.ts";

/** Timeout for creating a topic, and for the election of its leaders. */
const TIMEOUT_MS = 5_000;
const LEADER_POLL_INTERVAL_MS = 100;

const TOPIC_ALREADY_EXISTS = 36;
/** Transient error codes, with the names of Kafka's Java client. All others need operator action. */
const TRANSIENT: ReadonlyMap<number, string> = new Map([
  [5, "LEADER_NOT_AVAILABLE"],
  [7, "REQUEST_TIMED_OUT"],
  [8, "BROKER_NOT_AVAILABLE"],
  [13, "NETWORK_EXCEPTION"],
  [14, "COORDINATOR_LOAD_IN_PROGRESS"],
  [15, "COORDINATOR_NOT_AVAILABLE"],
  [16, "NOT_COORDINATOR"],
  [41, "NOT_CONTROLLER"],
  [56, "KAFKA_STORAGE_ERROR"],
  [89, "THROTTLING_QUOTA_EXCEEDED"],
]);

interface TopicError {
  readonly errorCode: number;
  /** The broker's message. */
  readonly errorMessage?: string | null;
}

interface CreateTopicsResponse {
  readonly topicErrors: readonly TopicError[];
}

/**
 * Creates the topics that do not exist, with `KAFKA_TOPIC_PARTITIONS` and `KAFKA_TOPIC_REPLICATION_FACTOR`. If the number of partitions is not
 * set and the cluster does not allow the default, the topic has the largest smaller number that it allows: for example, the free plan of Aiven
 * allows two.
 *
 * @returns the name of each created topic, followed by the number of partitions and the reason if it is smaller
 * @throws {PermanentError} if the broker rejects a topic; the message contains the broker's reason and the remedy
 * @throws {TransientError} if the broker cannot create the topic at the moment
 * @throws {KafkaJSError} if no broker is available
 */
export async function createMissingTopics(
  cluster: KafkaCluster,
  topics: readonly string[],
  settings: KafkaSettings,
): Promise<string[]> {
  const created = new Map<string, string>();
  if (topics.length === 0) return [];
  for (const { name, partitions } of await fetchTopics(cluster, topics)) {
    const description = partitions.length === 0 && await createTopic(cluster, name, settings);
    if (description) created.set(name, description);
  }
  await waitForLeaders(cluster, [...created.keys()]);
  return [...created.values()];
}

/** @returns name and description; `undefined` if another client created it at the same time */
async function createTopic(
  cluster: KafkaCluster,
  topic: string,
  settings: KafkaSettings,
): Promise<string | undefined> {
  const max = settings.KAFKA_TOPIC_PARTITIONS ?? DEFAULT_PARTITIONS;
  const min = settings.KAFKA_TOPIC_PARTITIONS ?? 1;
  let failure: TopicError | undefined;
  for (let partitions = max; partitions >= min; partitions--) {
    const result = await requestTopic(cluster, topic, partitions, settings);
    if (result.errorCode === TOPIC_ALREADY_EXISTS) return undefined;
    if (result.errorCode === 0) {
      if (failure === undefined) return topic;
      const { cause } = topicCreation(
        errorName(failure.errorCode)!,
        failure.errorMessage ?? undefined,
        topic,
        settings,
      );
      return `${topic} with ${partitions} partition${
        partitions === 1 ? "" : "s"
      }, because the cluster does not allow ${max}: ${cause}`;
    }
    failure ??= result;
    if (!isPartitionsRejected(errorName(result.errorCode)!)) break;
  }
  throw creationError(topic, failure!.errorCode, failure!.errorMessage ?? undefined, settings);
}

async function requestTopic(
  cluster: KafkaCluster,
  topic: string,
  numPartitions: number,
  { KAFKA_TOPIC_REPLICATION_FACTOR: replicationFactor }: KafkaSettings,
): Promise<TopicError> {
  const controller = await fetchController(cluster);
  const { request, response } = controller.protocol("CreateTopics", {
    topics: [{ topic, numPartitions, replicationFactor }],
    timeout: TIMEOUT_MS,
  });
  const parse = (data: CreateTopicsResponse) => Promise.resolve(data);
  const { topicErrors } = await controller.send<CreateTopicsResponse>({
    request,
    response: { decode: (payload) => response.decode(payload), parse },
  });
  return topicErrors[0]!;
}

function creationError(
  topic: string,
  code: number,
  message: string | undefined,
  settings: KafkaSettings,
): PermanentError | TransientError {
  const name = TRANSIENT.get(code) ?? errorName(code)!;
  const failure = {
    action: `Cannot create the topic "${topic}"`,
    ...topicCreation(name, message, topic, settings),
  };
  return TRANSIENT.has(code)
    ? new TransientError({ ...failure, remedy: "" }, "topic")
    : new PermanentError(failure);
}

/** Waits until all partitions of the topics have leaders, at most {@link TIMEOUT_MS}. */
async function waitForLeaders(cluster: KafkaCluster, topics: readonly string[]): Promise<void> {
  const deadline = performance.now() + TIMEOUT_MS;
  while (topics.length > 0 && performance.now() < deadline) {
    const metadata = await fetchTopics(cluster, topics);
    const isLed = metadata.every(({ partitions }) =>
      partitions.length > 0 && partitions.every(({ leader }) => leader !== undefined)
    );
    if (isLed) return;
    await pause(LEADER_POLL_INTERVAL_MS);
  }
}
