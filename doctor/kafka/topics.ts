/**
 * Checks of the topics: existence, leaders, replicas and retention.
 *
 * @module
 */
import kafkajs, { type Admin } from "kafkajs";
import { kafkaClient, type KafkaSettings } from "../../shared/kafka/client.ts";
import {
  DEFAULT_PARTITIONS,
  isPartitionsRejected,
  topicCreation,
  type TopicCreationSettings,
} from "../../shared/diagnosis/kafka_topics.ts";
import type { Diagnosis } from "../../shared/errors.ts";
import { waitAtMost } from "../../shared/lifecycle.ts";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { fetchWatermarks } from "../../shared/kafka/watermarks.ts";
import { combineOutcomes, failed, ok, type Outcome, skipped } from "../check.ts";
import type { Context } from "../context.ts";
import type { TopicView } from "./metadata.ts";
import { ERROR_CODES } from "./broker_connection.ts";

const SETTINGS = ["retention.ms", "retention.bytes", "cleanup.policy", "min.insync.replicas"] as const;

/** A topic's configuration; `undefined` if the account is not allowed to read it. */
type TopicSettings = Partial<Record<typeof SETTINGS[number], string>> | undefined;

/** Checks that the topics of all streams exist, and that records can be written and are retained. */
export async function checkTopics(context: Context): Promise<Outcome> {
  const { settings } = context;
  const admin = kafkaClient(settings, "doctor", () => () => {}).admin({ retry: { retries: 1 } });
  // disconnect() waits for pending responses, even from an unavailable broker.
  context.onClose(() => waitAtMost(1_000, admin.disconnect().catch(() => {})));
  await admin.connect();
  context.set("admin", admin);
  using cluster = new KafkaCluster(settings, "doctor", () => () => {});
  const topics = context.get("cluster").topics;
  const findings = await Promise.all(topics.map((view) => checkTopic(view, admin, settings)));
  const existing = topics.filter((_, index) => findings[index]!.mark === "ok").map(({ topic }) => topic);
  const watermarks = context.set("watermarks", await fetchWatermarks(cluster, existing));
  return { ...combineOutcomes(findings), blocks: watermarks.size === 0 };
}

async function checkTopic(view: TopicView, admin: Admin, settings: KafkaSettings): Promise<Outcome> {
  const { topic, error } = view;
  switch (error) {
    case ERROR_CODES.none:
      return topicOutcome(view, await fetchTopicSettings(admin, topic));
    case ERROR_CODES.unknownTopic:
      return await missingTopicOutcome(topic, admin, settings);
    case ERROR_CODES.topicAuthorizationFailed:
      return failed(
        `the topic ${topic} does not exist, or the account is not allowed to describe it`,
        "Grant the account Describe, Read and Write (Aiven: console → Users → ACL), or create the topic (console → Topics).",
      );
    default:
      return failed(
        `the metadata of the topic ${topic} has error code ${error}`,
        "Is the cluster starting, or a broker unavailable?",
      );
  }
}

/**
 * The outcome of a missing topic. Validates its creation without creating it, since the services create missing topics, with fewer partitions
 * if their number is not set and the cluster does not allow the default.
 */
export async function missingTopicOutcome(
  topic: string,
  admin: Pick<Admin, "createTopics">,
  settings: TopicCreationSettings,
): Promise<Outcome> {
  const { KAFKA_TOPIC_PARTITIONS: given, KAFKA_TOPIC_REPLICATION_FACTOR: replicationFactor } = settings;
  let failure: Diagnosis | undefined;
  for (let numPartitions = given ?? DEFAULT_PARTITIONS; numPartitions >= (given ?? 1); numPartitions--) {
    const topics = [{ topic, numPartitions, replicationFactor }];
    try {
      await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics });
      return skipped(
        `the topic ${topic} does not exist yet; the services create it when they start, with ${numPartitions} partitions`,
        { blocks: true },
      );
    } catch (error) {
      const { type, name, message } = ((error as AggregateError).errors?.[0] ?? error) as Error & {
        readonly type?: string;
      };
      const code = type ?? name;
      failure ??= topicCreation(code, message, topic, settings);
      if (!isPartitionsRejected(code)) break;
    }
  }
  return failed(
    `the topic ${topic} does not exist, and this account cannot create it: ${failure!.cause}`,
    failure!.remedy,
  );
}

async function fetchTopicSettings(admin: Admin, topic: string): Promise<TopicSettings> {
  try {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic, configNames: [...SETTINGS] }],
    });
    return Object.fromEntries(
      resources[0]!.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
  } catch {
    return undefined;
  }
}

/** The outcome of an existing topic. */
export function topicOutcome({ topic, partitions }: TopicView, settings: TopicSettings): Outcome {
  const leaderless = partitions.filter(({ leader }) => leader < 0);
  if (leaderless.length > 0) {
    return failed(
      `${topic}: ${leaderless.length} of ${partitions.length} partitions have no leader`,
      "Their brokers are unavailable: these partitions cannot be read or written until the brokers are back.",
    );
  }
  const minimum = Number(settings?.["min.insync.replicas"] ?? 1);
  const underReplicated = partitions.filter(({ inSync }) => inSync < minimum);
  if (underReplicated.length > 0) {
    return failed(
      `${topic}: ${underReplicated.length} of ${partitions.length} partitions have fewer replicas in sync than min.insync.replicas=${minimum}`,
      "These partitions cannot be written until brokers are back. A replication factor below min.insync.replicas never works.",
    );
  }
  if (settings?.["cleanup.policy"]?.includes("compact")) {
    return failed(
      `${topic} has cleanup.policy=${settings["cleanup.policy"]}, which keeps only the last record per user`,
      `Set cleanup.policy=delete: kafka-configs --alter --topic ${topic} --add-config cleanup.policy=delete.`,
    );
  }
  const replicas = Math.min(...partitions.map(({ replicas }) => replicas));
  return ok(
    `${topic}: ${partitions.length} partitions, ${replicas} ${replicas === 1 ? "replica" : "replicas"}, ` +
      formatRetention(settings),
  );
}

function formatRetention(settings: TopicSettings): string {
  if (settings === undefined) {
    return "retention unknown (the account is not allowed to read the topic's configuration)";
  }
  const ms = Number(settings["retention.ms"]);
  const bytes = Number(settings["retention.bytes"]);
  const time = ms < 0 ? "forever" : `for ${formatDuration(ms)}`;
  return `keeps records ${time}${bytes > 0 ? ` or ${bytes} bytes per partition` : ""}`;
}

/** A duration in the largest unit of which it has at least two. */
export function formatDuration(ms: number): string {
  for (const [unit, length] of [["days", 86_400_000], ["hours", 3_600_000], ["minutes", 60_000]] as const) {
    if (ms >= 2 * length) return `${Number((ms / length).toFixed(1))} ${unit}`;
  }
  return `${Number((ms / 1000).toFixed(1))} seconds`;
}
