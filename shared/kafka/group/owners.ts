/**
 * Who owns the partitions of a group.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import type { GroupCoordinator } from "./coordinator.ts";
import { decodeAssignment, decodeSubscription } from "./subscription.ts";

/** Whether a member of the group consumes a partition. */
export type IsOwned = (topic: string, partition: number) => boolean;

interface DescribeGroupsResponse {
  readonly groups: readonly {
    readonly state: string;
    readonly members: readonly { readonly memberMetadata: Buffer; readonly memberAssignment: Buffer }[];
  }[];
}

/**
 * Reads the assignment of every member of a group. A partition that is assigned to a member without a subscription to its topic has no
 * owner: kafkajs' consumers, when they lead a group, assign their own topics to all members, which ignore them.
 *
 * @returns `undefined` while the group rebalances
 * @throws {KafkaJSError} when the coordinator does not answer
 */
export async function fetchOwners(
  coordinator: Pick<GroupCoordinator, "request" | "groupId">,
): Promise<IsOwned | undefined> {
  const { groups: [group] } = await coordinator.request<DescribeGroupsResponse>("DescribeGroups", {
    groupIds: [coordinator.groupId],
  });
  if (group?.state !== "Stable") return undefined;
  const owned = new Set<string>();
  for (const { memberMetadata, memberAssignment } of group.members) {
    const topics = new Set(readable(() => decodeSubscription(memberMetadata)) ?? []);
    for (
      const [topic, partitions] of Object.entries(readable(() => decodeAssignment(memberAssignment)) ?? {})
    ) {
      if (topics.has(topic)) { for (const partition of partitions) owned.add(`${topic}[${partition}]`); }
    }
  }
  return (topic, partition) => owned.has(`${topic}[${partition}]`);
}

function readable<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
