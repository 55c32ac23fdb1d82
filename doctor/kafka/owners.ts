/**
 * Whether every partition has a consumer that stores it.
 *
 * @module
 */
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { fetchTopics, type TopicMetadata } from "../../shared/kafka/metadata.ts";
import { GroupCoordinator } from "../../shared/kafka/group/coordinator.ts";
import { fetchOwners, type IsOwned } from "../../shared/kafka/group/owners.ts";
import { failed, ok, type Outcome, warned } from "../check.ts";
import type { Context } from "../context.ts";

/** Kafka's own topic of committed offsets, which the first group creates. */
const OFFSETS_TOPIC = "__consumer_offsets";

/** Whether a member of the group consumes each partition of the topics. */
export async function checkOwners(context: Context): Promise<Outcome> {
  const { settings } = context;
  const group = settings.CONSUMER_GROUP_ID;
  using cluster = new KafkaCluster(settings, "doctor", () => () => {});
  const [offsets, ...topics] = await fetchTopics(cluster, [
    OFFSETS_TOPIC,
    ...context.get("watermarks").keys(),
  ]);
  // Looking up a coordinator would create the topic, and the doctor changes nothing.
  const isUnused = offsets!.error === "UNKNOWN_TOPIC_OR_PARTITION";
  let isOwned: IsOwned | undefined;
  try {
    isOwned = isUnused ? undefined : await fetchOwners(new GroupCoordinator(cluster, group));
  } catch (error) {
    // An account that is not allowed to describe the topic does not learn whether it exists.
    if ((error as { type?: string }).type !== "GROUP_COORDINATOR_NOT_AVAILABLE") throw error;
    return warned(
      `the coordinator of the group ${group} is not available`,
      `On a new cluster, the first consumer creates the topic ${OFFSETS_TOPIC}. Else check that its partitions have leaders.`,
    );
  }
  return isOwned
    ? owners(group, topics, isOwned)
    : ok(`no consumer of the group ${group} runs, or it is about to join`);
}

/** What the owners of a group's partitions say. */
export function owners(group: string, topics: readonly TopicMetadata[], isOwned: IsOwned): Outcome {
  const unowned = topics.flatMap(({ name, partitions }) =>
    partitions.filter(({ partition }) => !isOwned(name, partition)).map(({ partition }) =>
      `${name}[${partition}]`
    )
  );
  if (unowned.length === 0) return ok(`every partition has a consumer of the group ${group}`);
  return failed(
    `no consumer of the group ${group} consumes ${unowned.join(", ")}`,
    "Start a consumer that subscribes to the topic (STREAMS, KAFKA_TOPIC_PREFIX). If one runs, the group's leader is of an earlier version: " +
      "upgrade all consumers, or give those with different subscriptions groups of their own.",
  );
}
