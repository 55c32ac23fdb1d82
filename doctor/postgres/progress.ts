/**
 * Compares the progress stored in PostgreSQL with the topics' watermarks.
 *
 * @module
 */
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { fetchTopics, type TopicMetadata } from "../../shared/kafka/metadata.ts";
import { fetchWatermarks, type Watermarks } from "../../shared/kafka/watermarks.ts";
import { CONSUMER_PROGRESS } from "../../shared/schema/own_tables.ts";
import {
  partitionKey,
  type ProgressRow,
  readTopicProgress,
  restartRemedy,
} from "../../shared/schema/progress.ts";
import { decideStart } from "../../shared/start_position.ts";
import { combineOutcomes, diagnosed, failed, ok, type Outcome, skipped } from "../check.ts";
import type { Context } from "../context.ts";

/** Checks that the consumer can resume: the topics have not been recreated, and the next records have not expired. */
export async function checkProgress(context: Context): Promise<Outcome> {
  const group = context.settings.CONSUMER_GROUP_ID;
  const topics = [...context.get("watermarks").keys()];
  if (!context.get("tables").includes(CONSUMER_PROGRESS.name)) {
    return skipped("no progress is stored yet: the consumer starts at the first record of each topic");
  }
  const rows = await context.withClient((client) => readTopicProgress(client, group, topics));
  // Fetched after the progress, because consumers may be running.
  using cluster = new KafkaCluster(context.settings, "doctor", () => () => {});
  const metadata = await fetchTopics(cluster, topics);
  const watermarks = await fetchWatermarks(cluster, metadata);
  return combineOutcomes(
    metadata.map((topic) =>
      topicOutcome(
        group,
        topic,
        watermarks.get(topic.name)!,
        rows.filter((row) => row.topic === topic.name),
      )
    ),
  );
}

function topicOutcome(
  group: string,
  { name: topic, id: currentId }: TopicMetadata,
  partitions: ReadonlyMap<number, Watermarks>,
  rows: readonly ProgressRow[],
): Outcome {
  const next = new Map(rows.map(({ partition, nextOffset }) => [partition, nextOffset]));
  const lag = [...partitions].reduce((sum, [partition, { low, high }]) => {
    return sum + Math.max(0, high - Math.max(low, next.get(partition) ?? low));
  }, 0);
  if (rows.length === 0) {
    return skipped(
      `${group} has not stored any records of ${topic} yet: ${
        lag.toLocaleString("en")
      } records to consume from the start of the topic`,
    );
  }
  const otherIds = rows.flatMap(({ topicId }) => topicId ?? []);
  let expired = 0;
  const skippedRanges: string[] = [];
  for (const { partition, nextOffset, topicId: storedId } of rows) {
    const watermarks = partitions.get(partition);
    const facts = { group, topic, partition, nextOffset, storedId, otherIds, currentId };
    const decision = decideStart({ ...facts, watermarks: watermarks ?? { low: 0, high: Infinity } });
    if (decision.kind === "fail") {
      return diagnosed(decision.error.diagnosis);
    }
    if (!watermarks) {
      return failed(
        `partition ${partition} of ${topic} no longer exists or has no leader, but its progress is at offset ${nextOffset}`,
        `If the topic was deleted and recreated, stop all consumers, ${restartRemedy(group, topic)}.`,
      );
    }
    if (decision.kind !== "skip") continue;
    expired += decision.to - decision.from;
    skippedRanges.push(
      `${partitionKey({ topic, partition })}: next offset ${decision.from}, first available ${decision.to}`,
    );
  }
  if (expired > 0) {
    return failed(
      `up to ${expired.toLocaleString("en")} records of ${topic} expired before ${group} stored them (${
        skippedRanges.slice(0, 3).join("; ")
      })`,
      "They are lost; the consumer skips them. Increase the topic's retention.ms, and keep the consumer running.",
    );
  }
  return ok(`${group} resumes ${topic} at the stored offsets; lag ${lag.toLocaleString("en")}`);
}
