/**
 * The leader of a consumer group: distributes the partitions among the members.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { decodeSubscription, encodeAssignment } from "../../shared/kafka/group/subscription.ts";
import { ASSIGNORS, type Member, topicsOf } from "./assignors.ts";

/** Fetches the partitions of topics. Topics that do not exist, or may not be described, are left out. */
export type FetchPartitions = (topics: readonly string[]) => Promise<Map<string, number[]>>;

/** A member in the leader's JoinGroup response. */
export interface MemberSubscription {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly memberMetadata: Buffer;
}

/** A member's assignment as the leader sends it in SyncGroup. */
export interface EncodedAssignment {
  readonly memberId: string;
  readonly memberAssignment: Buffer;
}

/** Interval of checking the number of partitions. */
const CHECK_INTERVAL_MS = 30_000;

/** Leads one generation of a group. */
export class GroupLeader {
  #topics: readonly string[] = [];
  #counts = "";
  #checkedAt = 0;

  /** @param now a clock in milliseconds */
  constructor(private readonly fetchPartitions: FetchPartitions, private readonly now: () => number) {}

  /**
   * Assigns partitions to all members.
   *
   * @param protocol the assignor that the coordinator selected
   * @throws {KafkaJSError} if the topics' metadata cannot be fetched
   */
  async distribute(
    protocol: string,
    members: readonly MemberSubscription[],
  ): Promise<EncodedAssignment[]> {
    const assignor = ASSIGNORS.find(({ name }) => name === protocol);
    if (!assignor) {
      throw new Error(`The coordinator selected the assignor ${protocol}, which this member did not offer.`);
    }
    const subscribers: Member[] = members.map(({ memberId, groupInstanceId, memberMetadata }) => ({
      memberId,
      groupInstanceId: groupInstanceId ?? null,
      topics: decodeTopics(memberMetadata),
    }));
    this.#topics = topicsOf(subscribers);
    const partitions = await this.fetchPartitions(this.#topics);
    this.#counts = this.#count(partitions);
    this.#checkedAt = this.now();
    return [...assignor.assign(subscribers, partitions)].map(([memberId, assignment]) => ({
      memberId,
      memberAssignment: encodeAssignment(assignment),
    }));
  }

  /** Calls `onChange` if the number of partitions of a topic changed. Runs in the background; a failed check is repeated at the next interval. */
  checkPartitions(onChange: () => void): void {
    if (this.now() - this.#checkedAt < CHECK_INTERVAL_MS) return;
    this.#checkedAt = this.now();
    this.fetchPartitions(this.#topics).then((partitions) => {
      if (this.#count(partitions) !== this.#counts) onChange();
    }, () => {});
  }

  #count(partitions: ReadonlyMap<string, readonly number[]>): string {
    return this.#topics.map((topic) => partitions.get(topic)?.length ?? 0).join();
  }
}

/** A member whose subscription cannot be decoded gets no partitions. */
function decodeTopics(metadata: Buffer): string[] {
  try {
    return decodeSubscription(metadata);
  } catch {
    return [];
  }
}
