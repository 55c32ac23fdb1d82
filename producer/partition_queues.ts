/**
 * The queues of all partitions, and which records they accept while some partitions are stuck.
 *
 * @module
 */
import type { Emit } from "../shared/observe/events.ts";
import type { EVENTS } from "./events.ts";
import { withheld } from "./metrics.ts";
import { KeyPartitioner } from "./partitioner.ts";
import { PartitionQueue } from "./partition_queue.ts";

/** Share of the buffer that records of partitions that are stuck may use while others are not. */
const STUCK_SHARE = 1 / 4;
const WITHHELD_LOG_INTERVAL_MS = 60_000;

/** Finds a record's queue by its key. */
export class PartitionQueues {
  readonly #byTopic = new Map<string, PartitionQueue[]>();
  readonly #partitioners = new Map<string, KeyPartitioner>();
  #all: readonly PartitionQueue[] = [];

  /** @param bufferRecords records that all queues may hold */
  constructor(private readonly bufferRecords: number, private readonly tell: Emit<typeof EVENTS>) {}

  /** The queues of all topics. */
  get all(): readonly PartitionQueue[] {
    return this.#all;
  }

  /** How many partitions a topic has. */
  countOf(topic: string): number {
    return this.#byTopic.get(topic)?.length ?? 0;
  }

  /** The queue of a record's partition. */
  of(topic: string, key: string): PartitionQueue {
    return this.#byTopic.get(topic)![this.#partitioners.get(topic)!.partitionOf(key)]!;
  }

  /**
   * Sets which brokers lead a topic's partitions. They may move, and partitions may be added.
   *
   * @param leaders their ids, for partition 0, 1, 2 …; `undefined` for a partition without a leader
   */
  setLeaders(topic: string, leaders: readonly (number | undefined)[]): void {
    const partitioner = this.#partitioners.get(topic) ?? new KeyPartitioner(topic);
    this.#partitioners.set(topic, partitioner);
    partitioner.partitions = leaders.length;
    const queues = this.#byTopic.get(topic) ?? [];
    this.#byTopic.set(topic, queues);
    for (const [partition, leader] of leaders.entries()) {
      const queue = queues[partition] ??= new PartitionQueue(topic, partition);
      queue.leader = leader;
      const since = queue.leaderlessSince;
      if (leader === undefined && since === undefined) {
        queue.leaderlessSince = performance.now();
        this.tell("leaderless", { topic, partition, buffered: queue.buffered });
      }
      if (leader !== undefined && since !== undefined) {
        queue.leaderlessSince = undefined;
        // What failed before is sent at once.
        queue.retryAt = 0;
        this.tell("led", { topic, partition, seconds: (performance.now() - since) / 1000 });
      }
    }
    this.#all = [...this.#byTopic.values()].flat();
  }

  /** Whether some partitions are stuck while others are not, so that {@link accepts} has to be asked for each record. */
  get isPartlyStuck(): boolean {
    const now = performance.now();
    const stuck = this.#all.filter((queue) => queue.isStuck(now)).length;
    return stuck > 0 && stuck < this.#all.length;
  }

  /**
   * Whether a record with this key may be generated. While its partition is stuck and others are not, the records of all partitions
   * that are stuck use at most a quarter of the buffer. A record that is refused is counted and logged as withheld.
   */
  accepts(topic: string, key: string): boolean {
    const queue = this.of(topic, key);
    const now = performance.now();
    if (!queue.isStuck(now)) return true;
    const stuck = this.#all.filter((queue) => queue.isStuck(now));
    if (stuck.length === this.#all.length) return true;
    const used = stuck.reduce((sum, { buffered }) => sum + buffered, 0);
    if (used < this.bufferRecords * STUCK_SHARE) return true;
    const { partition, buffered } = queue;
    withheld.inc({ topic, partition });
    queue.withheldSince ??= now;
    if (now - queue.withheldLoggedAt >= WITHHELD_LOG_INTERVAL_MS) {
      queue.withheldLoggedAt = now;
      this.tell("withheld", { topic, partition, seconds: (now - queue.withheldSince) / 1000, buffered });
    }
    return false;
  }
}
