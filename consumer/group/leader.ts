/**
 * The leader's part of a group: it distributes the partitions, and notices when there are more.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { ASSIGNORS, type Member, topicsOf } from "./assignors.ts";
import { decodeSubscription, encodeAssignment } from "../../shared/kafka/group/subscription.ts";

/** Fetches the partitions of topics. Topics that do not exist, or may not be seen, are left out. */
export type FetchPartitions = (topics: readonly string[]) => Promise<Map<string, number[]>>;

/** A member in the leader's response of JoinGroup. */
export interface MemberSubscription {
  readonly memberId: string;
  readonly groupInstanceId?: string | null;
  readonly memberMetadata: Buffer;
}

/** Milliseconds between two requests for the number of partitions. */
const CHECK_INTERVAL_MS = 30_000;

/** Leads one generation of a group. */
export class GroupLeader {
  #topics: readonly string[] = [];
  #counts = "";
  #checkedAt = 0;

  constructor(private readonly fetchPartitions: FetchPartitions, private readonly now: () => number) {}

  /**
   * The assignment of every member, as SyncGroup takes it.
   *
   * @param protocol the assignor that the coordinator selected
   * @throws {KafkaJSError} when the topics' metadata cannot be fetched
   */
  async distribute(protocol: string, members: readonly MemberSubscription[]) {
    const assignor = ASSIGNORS.find(({ name }) => name === protocol);
    if (!assignor) {
      throw new Error(`The coordinator selected the assignor ${protocol}, which was not offered.`);
    }
    const subscribers: Member[] = members.map(({ memberId, groupInstanceId, memberMetadata }) => ({
      memberId,
      groupInstanceId: groupInstanceId ?? null,
      topics: topicsIn(memberMetadata),
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

  /** Calls `onChange` when a topic of the group has another number of partitions. In the background; failures wait for the next time. */
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
function topicsIn(metadata: Buffer): string[] {
  try {
    return decodeSubscription(metadata);
  } catch {
    return [];
  }
}
