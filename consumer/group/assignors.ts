/**
 * Assignors distribute the partitions of a group. Each partition is assigned to a member that subscribes to its topic.
 *
 * @module
 */
import type { Assignment } from "../../shared/kafka/group/subscription.ts";

export interface Member {
  readonly memberId: string;
  /** Set for static members (KIP-345). */
  readonly groupInstanceId?: string | null;
  readonly topics: readonly string[];
}

/** The coordinator selects an assignor that all members of the group support. */
export interface Assignor {
  /** The name in JoinGroup. */
  readonly name: string;
  /**
   * @param partitions by topic; a missing topic does not exist
   * @returns the assignment of each member, by member id
   */
  assign(
    members: readonly Member[],
    partitions: ReadonlyMap<string, readonly number[]>,
  ): Map<string, Assignment>;
}

/**
 * Java's RangeAssignor, without racks: assigns contiguous ranges of each topic; the first members get the remainder.
 *
 * @see Kafka's org.apache.kafka.clients.consumer.RangeAssignor
 */
export const range: Assignor = {
  name: "range",
  assign(members, partitions) {
    const result = new Assignments(members);
    for (const topic of topicsOf(members)) {
      const subscribers = sorted(members).filter(({ topics }) => topics.includes(topic));
      const numbers = partitions.get(topic) ?? [];
      const size = Math.floor(numbers.length / subscribers.length),
        larger = numbers.length % subscribers.length;
      subscribers.forEach(({ memberId }, index) => {
        const first = size * index + Math.min(index, larger);
        for (const number of numbers.slice(first, first + size + (index < larger ? 1 : 0))) {
          result.add(memberId, topic, number);
        }
      });
    }
    return result.byMember;
  },
};

/**
 * kafkajs' RoundRobinAssigner: assigns the partitions to the members in turn. Unlike kafkajs it skips members that do not subscribe to
 * the topic, as Java's RoundRobinAssignor does.
 *
 * @see kafkajs/src/consumer/assigners/roundRobinAssigner
 */
export const roundRobin: Assignor = {
  name: "RoundRobinAssigner",
  assign(members, partitions) {
    const result = new Assignments(members);
    const circle = members.toSorted((a, b) => compare(a.memberId, b.memberId));
    let next = 0;
    for (const topic of topicsOf(members)) {
      for (const number of partitions.get(topic) ?? []) {
        while (!circle[next % circle.length]!.topics.includes(topic)) next++;
        result.add(circle[next++ % circle.length]!.memberId, topic, number);
      }
    }
    return result.byMember;
  },
};

/**
 * The supported assignors, in order of preference. Java's default is `range`, that of kafkajs `RoundRobinAssigner`. Cooperative
 * assignors are not supported: they require members that keep partitions during a rebalance.
 */
export const ASSIGNORS: readonly Assignor[] = [range, roundRobin];

/** The topics that any member subscribes to, sorted. */
export function topicsOf(members: readonly Member[]): string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))].sort(compare);
}

/** Collects assignments. Uses maps, since a topic may be named "constructor". */
class Assignments {
  readonly #byMember: Map<string, Map<string, number[]>>;

  constructor(members: readonly Member[]) {
    this.#byMember = new Map(members.map(({ memberId }) => [memberId, new Map()]));
  }

  add(memberId: string, topic: string, partition: number): void {
    const byTopic = this.#byMember.get(memberId)!;
    const partitions = byTopic.get(topic);
    if (partitions) partitions.push(partition);
    else byTopic.set(topic, [partition]);
  }

  get byMember(): Map<string, Assignment> {
    return new Map([...this.#byMember].map(([memberId, byTopic]) => [memberId, Object.fromEntries(byTopic)]));
  }
}

/** Sorts like Java's MemberInfo: static members by instance id, then the others by member id. */
function sorted(members: readonly Member[]): Member[] {
  return members.toSorted((a, b) => {
    const ofA = a.groupInstanceId ?? undefined, ofB = b.groupInstanceId ?? undefined;
    if (ofA !== undefined && ofB !== undefined) return compare(ofA, ofB);
    if (ofA !== undefined) return -1;
    return ofB !== undefined ? 1 : compare(a.memberId, b.memberId);
  });
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
