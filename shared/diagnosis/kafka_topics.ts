/**
 * Causes and remedies of topics that cannot be created.
 *
 * @module
 */
import type { Diagnosis } from "../errors.ts";
import type { Settings } from "../settings/table.ts";

export type TopicCreationSettings = Pick<
  Settings,
  "KAFKA_TOPIC_PARTITIONS" | "KAFKA_TOPIC_REPLICATION_FACTOR"
>;

/** Partitions of a topic that is created if `KAFKA_TOPIC_PARTITIONS` is not set. */
export const DEFAULT_PARTITIONS = 6;

/** Whether a smaller number of partitions may be allowed. @param code Kafka's name of the error */
export const isPartitionsRejected = (code: string): boolean =>
  code === "INVALID_PARTITIONS" || code === "POLICY_VIOLATION";

/** By Kafka's name of the error. For all others the remedy is to create the topic by hand. */
const REMEDIES: Readonly<Record<string, string>> = {
  INVALID_TOPIC_EXCEPTION:
    "Set KAFKA_TOPIC_PREFIX so that the name is legal and differs from others in more than . and _.",
  INVALID_REPLICATION_FACTOR: "Set KAFKA_TOPIC_REPLICATION_FACTOR to at most the number of brokers.",
  INVALID_PARTITIONS: "Set KAFKA_TOPIC_PARTITIONS to a number that the cluster allows.",
  POLICY_VIOLATION:
    "Set KAFKA_TOPIC_PARTITIONS and KAFKA_TOPIC_REPLICATION_FACTOR as the cluster's policy requires, or create the topic by hand.",
  UNSUPPORTED_VERSION:
    "The broker is too old to choose the number itself: set KAFKA_TOPIC_PARTITIONS and KAFKA_TOPIC_REPLICATION_FACTOR.",
};

/**
 * The diagnosis of a CreateTopics request that failed.
 *
 * @param code Kafka's name of the error
 * @param message the broker's message, if it sent one
 */
export function topicCreation(
  code: string,
  message: string | undefined,
  topic: string,
  settings: TopicCreationSettings,
): Diagnosis {
  const byHand = code.endsWith("_AUTHORIZATION_FAILED")
    ? "This account is not allowed to create the topic, or to describe it. Create it"
    : "Create it by hand";
  return {
    code,
    cause: message ? `${message.replace(/\.$/, "")} (${code})` : code,
    remedy: REMEDIES[code] ?? `${byHand}: ${createCommand(topic, settings)}`,
  };
}

/** The command that creates a topic, and its equivalent on Aiven. */
function createCommand(topic: string, settings: TopicCreationSettings): string {
  const {
    KAFKA_TOPIC_PARTITIONS: partitions = DEFAULT_PARTITIONS,
    KAFKA_TOPIC_REPLICATION_FACTOR: replicas,
  } = settings;
  const replication = replicas > 0 ? ` --replication-factor ${replicas}` : "";
  return `kafka-topics --create --topic ${topic} --partitions ${partitions}${replication}; on Aiven: console → Topics → ` +
    `Create topic, or \`avn service topic-create SERVICE ${topic} --partitions ${partitions} --replication 3\`.`;
}
