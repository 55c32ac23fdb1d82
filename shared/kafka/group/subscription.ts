/**
 * Encodes and decodes the subscriptions and assignments of group members, in the format of Kafka's consumers.
 *
 * Writes version 0, which every client reads. Reads versions up to 3, which append fields (owned partitions, generation, rack) that an
 * eager assignor does not need.
 *
 * @see Kafka's ConsumerProtocolSubscription.json and ConsumerProtocolAssignment.json
 * @see kafkajs/src/consumer/assignerProtocol.js
 * @module
 */
import type { Buffer } from "node:buffer";
import { MemberAssignment, MemberMetadata } from "kafkajs/src/consumer/assignerProtocol.js";

/** Partitions by topic. */
export type Assignment = Readonly<Record<string, readonly number[]>>;

/** Encodes a subscription for JoinGroup. */
export function encodeSubscription(topics: readonly string[]): Buffer {
  return MemberMetadata.encode({ version: 0, topics });
}

/**
 * Returns the topics of a subscription.
 *
 * @throws {RangeError} if the bytes are not a subscription
 */
export function decodeSubscription(metadata: Buffer): string[] {
  return MemberMetadata.decode(metadata).topics;
}

/** Encodes an assignment for SyncGroup. */
export function encodeAssignment(assignment: Assignment): Buffer {
  return MemberAssignment.encode({ version: 0, assignment });
}

/**
 * Decodes an assignment. Empty bytes are an assignment without partitions.
 *
 * @throws {RangeError} if the bytes are not an assignment
 */
export function decodeAssignment(bytes: Buffer | null): Assignment {
  if (bytes === null || bytes.length === 0) return {};
  return { ...MemberAssignment.decode(bytes)?.assignment };
}
