/**
 * The requests of a member to the coordinator of its group.
 *
 * @see https://kafka.apache.org/protocol#The_Messages_JoinGroup
 * @module
 */
import type { Buffer } from "node:buffer";
import { KafkaJSRequestTimeoutError } from "kafkajs/src/errors.js";
import type { GroupCoordinator } from "../../shared/kafka/group/coordinator.ts";
import {
  type Assignment,
  decodeAssignment,
  encodeSubscription,
} from "../../shared/kafka/group/subscription.ts";
import { ASSIGNORS } from "./assignors.ts";
import type { EncodedAssignment, MemberSubscription } from "./leader.ts";

export interface GroupRequestsOptions {
  readonly coordinator: Pick<GroupCoordinator, "request" | "forget">;
  /** The subscription. */
  readonly topics: readonly string[];
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** A member in one generation of the group. */
export interface MemberIdentity {
  readonly memberId: string;
  readonly generationId: number;
}

export interface JoinGroupResponse extends MemberIdentity {
  /** The assignor that the coordinator selected. */
  readonly groupProtocol: string;
  readonly leaderId: string;
  /** Empty unless this member is the leader. */
  readonly members: readonly MemberSubscription[];
}

export interface OffsetToCommit {
  readonly topic: string;
  readonly partition: number;
  readonly offset: string;
}

/** Added to the time for which the coordinator may hold back a response. */
const NETWORK_DELAY_MS = 5_000;

/** Sends requests; none is repeated. All methods throw a KafkaJSError of the connection or the response. */
export class GroupRequests {
  constructor(private readonly options: GroupRequestsOptions) {}

  /** @param memberId empty for a new member */
  join(memberId: string): Promise<JoinGroupResponse> {
    const { coordinator, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.options;
    const metadata = encodeSubscription(topics);
    return coordinator.request<JoinGroupResponse>("JoinGroup", {
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: rebalanceTimeoutMs,
      memberId,
      protocolType: "consumer",
      groupProtocols: ASSIGNORS.map(({ name }) => ({ name, metadata })),
    }, rebalanceTimeoutMs + NETWORK_DELAY_MS);
  }

  /**
   * @param groupAssignment of all members if this one is the leader; else empty
   * @returns this member's assignment, without partitions of topics that it does not subscribe to
   */
  async sync(
    { memberId, generationId }: MemberIdentity,
    groupAssignment: readonly EncodedAssignment[],
  ): Promise<Assignment> {
    const { coordinator, topics, sessionTimeoutMs } = this.options;
    const { memberAssignment } = await coordinator.request<{ memberAssignment: Buffer | null }>(
      "SyncGroup",
      { generationId, memberId, groupAssignment },
      sessionTimeoutMs + NETWORK_DELAY_MS,
    );
    const assignment = decodeAssignment(memberAssignment);
    return Object.fromEntries(
      topics.flatMap((topic) => Object.hasOwn(assignment, topic) ? [[topic, assignment[topic]!]] : []),
    );
  }

  /** After `timeoutMs` without a response the connection is replaced. */
  async heartbeat({ memberId, generationId }: MemberIdentity, timeoutMs: number): Promise<void> {
    const { coordinator } = this.options;
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      reject(new KafkaJSRequestTimeoutError(`Heartbeat timed out after ${timeoutMs} ms`));
      coordinator.forget();
    }, timeoutMs);
    const fields = { groupGenerationId: generationId, memberId };
    try {
      await Promise.race([coordinator.request("Heartbeat", fields), timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  async commit(
    { memberId, generationId }: MemberIdentity,
    offsets: readonly OffsetToCommit[],
  ): Promise<void> {
    const topics = Object.entries(Object.groupBy(offsets, ({ topic }) => topic))
      .map(([topic, partitions]) => ({ topic, partitions }));
    await this.options.coordinator.request("OffsetCommit", {
      groupGenerationId: generationId,
      memberId,
      topics,
    });
  }

  /** Never throws: the session timeout removes a member whose request fails. */
  async leave(memberId: string): Promise<void> {
    await this.options.coordinator.request("LeaveGroup", { memberId }).catch(() => {});
  }
}
