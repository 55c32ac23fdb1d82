/**
 * Progress, as PostgreSQL has it, held against what the topics have.
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
import { diagnosed, failed, ok, type Outcome, skipped, together } from "../check.ts";
import type { Context } from "../context.ts";

/** Whether the consumer can go on where it stopped: the topics are those it read, and what comes next is still there. */
export async function checkProgress(context: Context): Promise<Outcome> {
  const group = context.settings.CONSUMER_GROUP_ID;
  const topics = [...context.get("watermarks").keys()];
  if (!context.get("tables").includes(CONSUMER_PROGRESS.name)) {
    return skipped("nothing is stored yet: the consumer starts at the topics' first records");
  }
  const rows = await context.withClient((client) => readTopicProgress(client, group, topics));
  // Fetched after the progress, since consumers go on meanwhile.
  using cluster = new KafkaCluster(context.settings, "doctor", () => () => {});
  const metadata = await fetchTopics(cluster, topics);
  const watermarks = await fetchWatermarks(cluster, metadata);
  return together(
    metadata.map((topic) =>
      topicProgress(
        group,
        topic,
        watermarks.get(topic.name)!,
        rows.filter((row) => row.topic === topic.name),
      )
    ),
  );
}

function topicProgress(
  group: string,
  { name: topic, id: currentId }: TopicMetadata,
  partitions: ReadonlyMap<number, Watermarks>,
  rows: readonly ProgressRow[],
): Outcome {
  const next = new Map(rows.map(({ partition, nextOffset }) => [partition, nextOffset]));
  const waiting = [...partitions].reduce((sum, [partition, { low, high }]) => {
    return sum + Math.max(0, high - Math.max(low, next.get(partition) ?? low));
  }, 0);
  if (rows.length === 0) {
    return skipped(
      `${group} has stored nothing of ${topic} yet: ${
        waiting.toLocaleString("en")
      } records wait, from the topic's start`,
    );
  }
  const otherIds = rows.flatMap(({ topicId }) => topicId ?? []);
  let expired = 0;
  const places: string[] = [];
  for (const { partition, nextOffset, topicId: storedId } of rows) {
    const watermarks = partitions.get(partition);
    const facts = { group, topic, partition, nextOffset, storedId, otherIds, currentId };
    const decision = decideStart({ ...facts, watermarks: watermarks ?? { low: 0, high: Infinity } });
    if (decision.kind === "fail") {
      return diagnosed(decision.error.diagnosis);
    }
    if (!watermarks) {
      return failed(
        `partition ${partition} of ${topic} is not there any more, or has no leader, and ${nextOffset} offsets of it are stored`,
        `If the topic was deleted and recreated, stop all consumers, ${restartRemedy(group, topic)}.`,
      );
    }
    if (decision.kind !== "skip") continue;
    expired += decision.to - decision.from;
    places.push(
      `${
        partitionKey({ topic, partition })
      }: ${decision.from} is next, ${decision.to} is the first that is left`,
    );
  }
  if (expired > 0) {
    return failed(
      `up to ${expired.toLocaleString("en")} records of ${topic} expired before ${group} stored them (${
        places.slice(0, 3).join("; ")
      })`,
      "They are lost, and the consumer goes on behind them. Raise the topic's retention.ms, and keep the consumer running.",
    );
  }
  return ok(`${group} goes on where it stopped in ${topic}; ${waiting.toLocaleString("en")} records wait`);
}
