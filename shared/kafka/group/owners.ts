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
    readonly members: readonly {
      readonly memberId: string;
      /** Such as `/10.0.0.1`. */
      readonly clientHost: string;
      readonly memberMetadata: Buffer;
      readonly memberAssignment: Buffer;
    }[];
  }[];
}

/** A member of a group. */
export interface GroupMember {
  readonly id: string;
  readonly host: string;
  /** By {@link partitionKey}. Without partitions of topics that it does not subscribe to. */
  readonly partitions: ReadonlySet<string>;
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
  const { isStable, members } = await fetchMembers(coordinator);
  if (!isStable) return undefined;
  const owned = new Set(members.flatMap(({ partitions }) => [...partitions]));
  return (topic, partition) => owned.has(partitionKey({ topic, partition }));
}

/**
 * Reads the members of a group. While the group rebalances it is not stable, and its members have no partitions.
 *
 * @throws {KafkaJSError} if the coordinator does not respond
 */
export async function fetchMembers(
  coordinator: Pick<GroupCoordinator, "request" | "groupId">,
): Promise<{ readonly isStable: boolean; readonly members: readonly GroupMember[] }> {
  const { groups: [group] } = await coordinator.request<DescribeGroupsResponse>("DescribeGroups", {
    groupIds: [coordinator.groupId],
  });
  const members = (group?.members ?? []).map(({ memberId, clientHost, memberMetadata, memberAssignment }) => {
    const topics = new Set(tryDecode(() => decodeSubscription(memberMetadata)) ?? []);
    const assignment = Object.entries(tryDecode(() => decodeAssignment(memberAssignment)) ?? {});
    const partitions = assignment.filter(([topic]) => topics.has(topic)).flatMap(([topic, list]) =>
      list.map((partition) => partitionKey({ topic, partition }))
    );
    return { id: memberId, host: String(clientHost).replace(/^\//, ""), partitions: new Set(partitions) };
  });
  return { isStable: group?.state === "Stable", members };
}

function tryDecode<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
