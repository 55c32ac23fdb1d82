/**
 * Creates missing topics.
 *
 * kafkajs' `createTopics` drops the broker's message, wraps every error in one without its name, and requests the metadata of all topics,
 * which fails if any partition has no leader.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_CreateTopics
 * @module
 */
import { topicCreation } from "../diagnosis/kafka_topics.ts";
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

interface CreateTopicsResponse {
  readonly topicErrors: readonly {
    readonly errorCode: number;
    /** The broker's message. */
    readonly errorMessage?: string | null;
  }[];
}

/**
 * Creates the topics that do not exist, with `KAFKA_TOPIC_PARTITIONS` and `KAFKA_TOPIC_REPLICATION_FACTOR`.
 *
 * @returns the names of the created topics
 * @throws {PermanentError} if the broker rejects a topic; the message contains the broker's reason and the remedy
 * @throws {TransientError} if the broker cannot create the topic at the moment
 * @throws {KafkaJSError} if no broker is available
 */
export async function createMissingTopics(
  cluster: KafkaCluster,
  topics: readonly string[],
  settings: KafkaSettings,
): Promise<string[]> {
  const created: string[] = [];
  if (topics.length === 0) return created;
  for (const { name, partitions } of await fetchTopics(cluster, topics)) {
    if (partitions.length === 0 && await createTopic(cluster, name, settings)) created.push(name);
  }
  await waitForLeaders(cluster, created);
  return created;
}

/** @returns false if another client created it at the same time */
async function createTopic(cluster: KafkaCluster, topic: string, settings: KafkaSettings): Promise<boolean> {
  const { KAFKA_TOPIC_PARTITIONS: numPartitions, KAFKA_TOPIC_REPLICATION_FACTOR: replicationFactor } =
    settings;
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
  const { errorCode, errorMessage } = topicErrors[0]!;
  if (errorCode === 0) return true;
  if (errorCode === TOPIC_ALREADY_EXISTS) return false;
  throw creationError(topic, errorCode, errorMessage ?? undefined, settings);
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
