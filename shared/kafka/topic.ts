/**
 * Topics: created where they are missing and the account may.
 *
 * @module
 */
import type { Admin } from "kafkajs";
import { PermanentError } from "../errors.ts";
import type { KafkaSettings } from "./connection.ts";

/** The first and the last offset of a partition: of the oldest record that is kept, and of the next to be written. */
export interface Ends {
  readonly low: number;
  readonly high: number;
}

/**
 * Creates the topics that are missing, with the partitions and the replication that the settings ask for. What is
 * there is used as it is.
 *
 * @returns the names of those that were created
 * @throws {PermanentError} where a topic is missing and the account may not create it; the message says how to
 */
export async function ensureTopics(
  admin: Admin,
  topics: readonly string[],
  settings: KafkaSettings,
): Promise<string[]> {
  const existing = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !existing.has(topic));
  const { KAFKA_TOPIC_PARTITIONS: numPartitions, KAFKA_TOPIC_REPLICATION_FACTOR: replicationFactor } =
    settings;
  const created: string[] = [];
  for (const topic of missing) {
    try {
      const isNew = await admin.createTopics({
        topics: [{ topic, numPartitions, replicationFactor }],
        waitForLeaders: true,
      });
      if (isNew) created.push(topic);
    } catch (error) {
      if (!isAuthorization(error)) throw error;
      throw new PermanentError(
        `The topic "${topic}" does not exist, and this account may not create it (or not see it). Create it: ` +
          `kafka-topics --create --topic ${topic} --partitions ${numPartitions}` +
          `${
            replicationFactor > 0 ? ` --replication-factor ${replicationFactor}` : ""
          }; on Aiven: console → Topics → ` +
          `Create topic, or \`avn service topic-create SERVICE ${topic} --partitions ${numPartitions} --replication 3\`.`,
        { cause: error },
      );
    }
  }
  return created;
}

const AUTHORIZATION = /_AUTHORIZATION_FAILED$/;

function isAuthorization(error: unknown): boolean {
  const { type, errors, cause } = error as { type?: string; errors?: unknown[]; cause?: unknown };
  if (type !== undefined && AUTHORIZATION.test(type)) return true;
  return (errors ?? []).some(isAuthorization) || (cause instanceof Error && isAuthorization(cause));
}

/** The ends of a topic's partitions, by partition. */
export async function topicEnds(admin: Admin, topic: string): Promise<Map<number, Ends>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(
    offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
  );
}
