/**
 * Reads which partitions of a group have an owner.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { partitionKey } from "../../schema/progress.ts";
import type { GroupCoordinator } from "./coordinator.ts";
import { decodeAssignment, decodeSubscription } from "./subscription.ts";

/** Returns whether a member of the group consumes a partition. */
export type IsOwned = (topic: string, partition: number) => boolean;

interface DescribeGroupsResponse {
  readonly groups: readonly {
    readonly state: string;
    readonly members: readonly { readonly memberMetadata: Buffer; readonly memberAssignment: Buffer }[];
  }[];
}

/**
 * Reads the assignments of all members of a group. A partition that is assigned to a member without a subscription to its topic has no
 * owner: a kafkajs consumer that leads a group assigns its own topics to all members, and the others ignore them.
 *
 * @returns `undefined` while the group rebalances
 * @throws {KafkaJSError} if the coordinator does not respond
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
    const topics = new Set(tryDecode(() => decodeSubscription(memberMetadata)) ?? []);
    for (
      const [topic, partitions] of Object.entries(tryDecode(() => decodeAssignment(memberAssignment)) ?? {})
    ) {
      if (topics.has(topic)) {
        for (const partition of partitions) owned.add(partitionKey({ topic, partition }));
      }
    }
  }
  return (topic, partition) => owned.has(partitionKey({ topic, partition }));
}

function tryDecode<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
