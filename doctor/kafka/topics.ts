/**
 * Checks of the topics: there, with leaders and replicas, and keeping records long enough.
 *
 * @module
 */
import kafkajs, { type Admin } from "kafkajs";
import { kafkaClient, type KafkaSettings } from "../../shared/kafka/client.ts";
import { messageOf } from "../../shared/errors.ts";
import { pause } from "../../shared/lifecycle.ts";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { fetchWatermarks } from "../../shared/kafka/watermarks.ts";
import { failed, ok, type Outcome, skipped, together } from "../check.ts";
import type { Context } from "../context.ts";
import type { TopicView } from "./metadata.ts";
import { CODES } from "./wire.ts";

const SETTINGS = ["retention.ms", "retention.bytes", "cleanup.policy", "min.insync.replicas"] as const;

/** What a topic is set to; `undefined`: the account may not see it. */
type TopicSettings = Partial<Record<typeof SETTINGS[number], string>> | undefined;

/** Whether the topics of all streams are there and sound. */
export async function checkTopics(context: Context): Promise<Outcome> {
  const { settings } = context;
  const admin = kafkaClient(settings, "doctor", () => () => {}).admin({ retry: { retries: 1 } });
  // kafkajs waits for what a broker that is away still owes it.
  context.closing(() => Promise.race([admin.disconnect().catch(() => {}), pause(1_000)]));
  await admin.connect();
  context.put("admin", admin);
  using cluster = new KafkaCluster(settings, "doctor", () => () => {});
  const watermarks = context.put("watermarks", new Map());
  const findings = await Promise.all(
    context.get("cluster").topics.map(async (view) => {
      const outcome = await checkTopic(view, admin, settings);
      if (outcome.mark === "ok") {
        for (const [topic, partitions] of await fetchWatermarks(cluster, [view.topic])) {
          watermarks.set(topic, partitions);
        }
      }
      return outcome;
    }),
  );
  return { ...together(findings), blocks: watermarks.size === 0 };
}

async function checkTopic(view: TopicView, admin: Admin, settings: KafkaSettings): Promise<Outcome> {
  const { topic, error, partitions } = view;
  switch (error) {
    case CODES.none:
      return describe(view, await settingsOf(admin, topic));
    case CODES.unknownTopic:
      return await missing(topic, admin, settings);
    case CODES.topicAuthorizationFailed:
      return failed(
        `the account may not see the topic ${topic}, or there is none`,
        "Grant it Describe, Read and Write (Aiven: console → Users → ACL), or create the topic (console → Topics).",
      );
    default:
      return failed(
        `the topic ${topic} has ${partitions.length} partitions, and its state is error ${error}`,
        "Is the cluster starting, or a broker away?",
      );
  }
}

/** What becomes of a topic that is missing: the services create it where they may. Asking changes nothing. */
async function missing(topic: string, admin: Admin, settings: KafkaSettings): Promise<Outcome> {
  const { KAFKA_TOPIC_PARTITIONS: numPartitions, KAFKA_TOPIC_REPLICATION_FACTOR: replicationFactor } =
    settings;
  try {
    await admin.createTopics({
      validateOnly: true,
      waitForLeaders: false,
      topics: [{ topic, numPartitions, replicationFactor }],
    });
    return skipped(
      `the topic ${topic} does not exist yet; the services create it when they start, with ${numPartitions} partitions`,
      { blocks: true },
    );
  } catch (error) {
    const inner = (error as { errors?: Error[] }).errors?.[0] ?? error;
    return failed(
      `the topic ${topic} does not exist, and this account can't create it (${
        messageOf(inner).replace(/\.$/, "")
      })`,
      `Create it. Aiven: console → Topics → Create topic, or avn service topic-create SERVICE ${topic} --partitions ` +
        `${numPartitions} --replication 3; elsewhere: kafka-topics --create --topic ${topic} --partitions ${numPartitions}.`,
    );
  }
}

async function settingsOf(admin: Admin, topic: string): Promise<TopicSettings> {
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

/** What a topic is like, and what of that can't go well. */
export function describe({ topic, partitions }: TopicView, settings: TopicSettings): Outcome {
  const leaderless = partitions.filter(({ leader }) => leader < 0);
  if (leaderless.length > 0) {
    return failed(
      `${topic}: ${leaderless.length} of ${partitions.length} partitions have no leader`,
      "Their brokers are away: nothing can be written to or read from them until those are back.",
    );
  }
  const least = Number(settings?.["min.insync.replicas"] ?? 1);
  const short = partitions.filter(({ inSync }) => inSync < least);
  if (short.length > 0) {
    return failed(
      `${topic}: ${short.length} of ${partitions.length} partitions have fewer replicas in sync than min.insync.replicas=${least}`,
      "Nothing can be written to them until brokers are back; a replication factor below min.insync.replicas never works.",
    );
  }
  if (settings?.["cleanup.policy"]?.includes("compact")) {
    return failed(
      `${topic} has cleanup.policy=${
        settings["cleanup.policy"]
      }, which keeps only the last record of each user`,
      `Set cleanup.policy=delete: kafka-configs --alter --topic ${topic} --add-config cleanup.policy=delete.`,
    );
  }
  const replicas = Math.min(...partitions.map(({ replicas }) => replicas));
  return ok(
    `${topic}: ${partitions.length} partitions, ${replicas} ${replicas === 1 ? "replica" : "replicas"}, ` +
      retention(settings),
  );
}

function retention(settings: TopicSettings): string {
  if (settings === undefined) return "retention unknown (the account may not read the topic's settings)";
  const ms = Number(settings["retention.ms"]);
  const bytes = Number(settings["retention.bytes"]);
  const time = ms < 0 ? "for ever" : `for ${duration(ms)}`;
  return `keeps records ${time}${bytes > 0 ? ` or ${bytes} bytes a partition` : ""}`;
}

/** A time span in its largest fitting unit. */
export function duration(ms: number): string {
  for (const [unit, length] of [["days", 86_400_000], ["hours", 3_600_000], ["minutes", 60_000]] as const) {
    if (ms >= 2 * length) return `${Number((ms / length).toFixed(1))} ${unit}`;
  }
  return `${Number((ms / 1000).toFixed(1))} seconds`;
}
