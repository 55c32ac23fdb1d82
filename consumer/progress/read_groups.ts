/**
 * Reads the progress, lag and owners of consumer groups.
 *
 * @module
 */
import type pg from "pg";
import type { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { GroupCoordinator } from "../../shared/kafka/group/coordinator.ts";
import { fetchMembers, type GroupMember } from "../../shared/kafka/group/owners.ts";
import type { TopicMetadata } from "../../shared/kafka/metadata.ts";
import { topicIdToUuid } from "../../shared/kafka/topic_id.ts";
import { fetchWatermarks } from "../../shared/kafka/watermarks.ts";
import { partitionKey, readTopicProgress } from "../../shared/schema/progress.ts";
import type { PartitionState } from "./plan_seek.ts";

/** The members of a group, and the state of each partition that has a leader. */
export interface GroupState {
  readonly group: string;
  readonly members: readonly GroupMember[];
  readonly partitions: readonly PartitionState[];
}

/** The groups that have progress in some topics, in alphabetical order. */
export async function readGroupNames(client: pg.Client, topics: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ group_id: string }>(
    "SELECT DISTINCT group_id FROM consumer_progress WHERE topic = ANY ($1::text[]) ORDER BY 1",
    [topics],
  );
  return rows.map(({ group_id }) => group_id);
}

/**
 * Reads the state of a group. The progress is read before the watermarks, so that the lag is not negative.
 *
 * @throws {KafkaJSError} if Kafka does not respond
 */
export async function readGroup(
  client: pg.Client,
  cluster: KafkaCluster,
  metadata: readonly TopicMetadata[],
  group: string,
): Promise<GroupState> {
  const rows = await readTopicProgress(client, group, metadata.map(({ name }) => name));
  const progress = new Map(rows.map((row) => [partitionKey(row), row]));
  const watermarks = await fetchWatermarks(cluster, metadata);
  const { members } = await fetchMembers(new GroupCoordinator(cluster, group));
  const partitions = metadata.flatMap(({ name: topic, id }) =>
    [...watermarks.get(topic) ?? []].sort(([a], [b]) => a - b).map(([partition, { low, high }]) => {
      const row = progress.get(partitionKey({ topic, partition }));
      const isRecreated = !!row?.topicId && id !== undefined && row.topicId !== topicIdToUuid(id);
      return { topic, partition, next: row?.nextOffset, low, high, isRecreated };
    })
  );
  return { group, members, partitions };
}
