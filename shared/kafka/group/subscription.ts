/**
 * What the members of a group tell each other through the coordinator: subscriptions and assignments, as Kafka's consumers encode them.
 *
 * Written in version 0, which every client reads. Versions up to 3 are read: they append fields (owned partitions, generation, rack)
 * that an eager assignor does not need.
 *
 * @see Kafka's ConsumerProtocolSubscription.json and ConsumerProtocolAssignment.json
 * @see kafkajs/src/consumer/assignerProtocol.js
 * @module
 */
import type { Buffer } from "node:buffer";
import { MemberAssignment, MemberMetadata } from "kafkajs/src/consumer/assignerProtocol.js";

/** Partitions by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

/** A member's subscription as JoinGroup takes it. */
export function encodeSubscription(topics: readonly string[]): Buffer {
  return MemberMetadata.encode({ version: 0, topics });
}

/**
 * The topics of a member's subscription.
 *
 * @throws {RangeError} when the bytes are not a subscription
 */
export function decodeSubscription(metadata: Buffer): string[] {
  return MemberMetadata.decode(metadata).topics;
}

/** A member's assignment as SyncGroup takes it. */
export function encodeAssignment(assignment: Assignment): Buffer {
  return MemberAssignment.encode({ version: 0, assignment });
}

/**
 * A member's assignment. No bytes stand for no partitions.
 *
 * @throws {RangeError} when the bytes are not an assignment
 */
export function decodeAssignment(bytes: Buffer | null): Assignment {
  if (bytes === null || bytes.length === 0) return {};
  return { ...MemberAssignment.decode(bytes)?.assignment };
}
