/**
 * Assignors: how the leader of a group distributes partitions. Each partition goes to a member that subscribes to its topic.
 *
 * @module
 */
import type { Assignment } from "../../shared/kafka/group/subscription.ts";

/** A member of a group, as the leader sees it. */
export interface Member {
  readonly memberId: string;
  /** Set for static members (KIP-345). */
  readonly groupInstanceId?: string | null;
  readonly topics: readonly string[];
}

/** An assignor. All members of a group must offer the one that the coordinator selects. */
export interface Assignor {
  /** Its name in the protocol. */
  readonly name: string;
  /**
   * @param partitions the partitions of each topic; a topic that is not in it does not exist
   * @returns the assignment of each member, by member id
   */
  assign(
    members: readonly Member[],
    partitions: ReadonlyMap<string, readonly number[]>,
  ): Map<string, Assignment>;
}

/**
 * Java's RangeAssignor, without racks: each topic's partitions in contiguous ranges, the first members get one more.
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
 * The assignor of kafkajs, by its name: one partition after the other to one member after the other. Unlike kafkajs' own it passes over
 * members that do not subscribe to the topic, as Java's RoundRobinAssignor does.
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
 * What this consumer offers, the preferred one first. Java's consumers offer `range` by default, kafkajs' `RoundRobinAssigner`.
 * Cooperative assignors need a membership that keeps partitions during a rebalance, which this one does not.
 */
export const ASSIGNORS: readonly Assignor[] = [range, roundRobin];

/** The topics that any member subscribes to, sorted. */
export function topicsOf(members: readonly Member[]): string[] {
  return [...new Set(members.flatMap(({ topics }) => topics))].sort(compare);
}

/** By member, then by topic. Maps, since a topic may be named "constructor". */
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

/** In the order of Java's MemberInfo: static members by their instance id, then the others by their member id. */
function sorted(members: readonly Member[]): Member[] {
  return members.toSorted((a, b) => {
    const ofA = a.groupInstanceId ?? undefined, ofB = b.groupInstanceId ?? undefined;
    if (ofA !== undefined && ofB !== undefined) return compare(ofA, ofB);
    if (ofA !== undefined) return -1;
    return ofB !== undefined ? 1 : compare(a.memberId, b.memberId);
  });
}

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;
