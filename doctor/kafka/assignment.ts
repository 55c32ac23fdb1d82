/**
 * Checks that every partition is assigned to a consumer.
 *
 * @module
 */
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { fetchTopics, type TopicMetadata } from "../../shared/kafka/metadata.ts";
import { GroupCoordinator } from "../../shared/kafka/group/coordinator.ts";
import { fetchOwners, type IsOwned } from "../../shared/kafka/group/owners.ts";
import { failed, ok, type Outcome, warning } from "../check.ts";
import type { Context } from "../context.ts";

/** Kafka's internal topic for committed offsets. Brokers create it when the first group is used. */
const OFFSETS_TOPIC = "__consumer_offsets";

/** Checks that each partition is assigned to a member of the group. */
export async function checkAssignment(context: Context): Promise<Outcome> {
  const { settings } = context;
  const group = settings.CONSUMER_GROUP_ID;
  using cluster = new KafkaCluster(settings, "doctor", () => () => {});
  const [offsets, ...topics] = await fetchTopics(cluster, [
    OFFSETS_TOPIC,
    ...context.get("watermarks").keys(),
  ]);
  // FindCoordinator would create the topic; the doctor must not change anything.
  const isUnused = offsets!.error === "UNKNOWN_TOPIC_OR_PARTITION";
  let isOwned: IsOwned | undefined;
  try {
    isOwned = isUnused ? undefined : await fetchOwners(new GroupCoordinator(cluster, group));
  } catch (error) {
    // Without Describe on the topic, the broker does not reveal whether it exists.
    if ((error as { type?: string }).type !== "GROUP_COORDINATOR_NOT_AVAILABLE") throw error;
    return warning(
      `the coordinator of the group ${group} is not available`,
      `On a new cluster, the first consumer creates the topic ${OFFSETS_TOPIC}. Otherwise check that its partitions have leaders.`,
    );
  }
  return isOwned
    ? assignmentOutcome(group, topics, isOwned)
    : ok(`no consumer of the group ${group} is running, or it has not joined yet`);
}

/** The outcome for the assignment of a running group. */
export function assignmentOutcome(
  group: string,
  topics: readonly TopicMetadata[],
  isOwned: IsOwned,
): Outcome {
  const unowned = topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ partition }) => !isOwned(name, partition)).map(({ partition }) =>
      `${name}[${partition}]`
    )
  );
  if (unowned.length === 0) return ok(`every partition is assigned to a consumer of the group ${group}`);
  return failed(
    `not assigned to any consumer of the group ${group}: ${unowned.join(", ")}`,
    "Start a consumer that subscribes to the topic (STREAMS, KAFKA_TOPIC_PREFIX). If one runs, the group's leader is of an earlier version: " +
      "upgrade all consumers, or give those with different subscriptions groups of their own.",
  );
}
