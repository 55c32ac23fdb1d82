/**
 * The queues of all partitions. Limits the buffer that stuck partitions use.
 *
 * @module
 */
import type { Settings } from "../shared/settings/table.ts";
import type { ProducerEmit } from "./events.ts";
import { withheld } from "./metrics.ts";
import { KeyPartitioner } from "./partitioner.ts";
import { type BatchSettings, PartitionQueue } from "./partition_queue.ts";

/** Share of the buffer for the records of all stuck partitions, while other partitions are not stuck. */
const STUCK_SHARE = 1 / 4;
const WITHHELD_LOG_INTERVAL_MS = 60_000;

export class PartitionQueues {
  readonly #byTopic = new Map<string, PartitionQueue[]>();
  readonly #partitioners = new Map<string, KeyPartitioner>();
  #all: readonly PartitionQueue[] = [];
  /** Number of records without a key. */
  #turn = 0;

  constructor(
    private readonly settings: BatchSettings & Pick<Settings, "PRODUCER_BUFFER_RECORDS">,
    private readonly emit: ProducerEmit,
  ) {}

  get all(): readonly PartitionQueue[] {
    return this.#all;
  }

  /** Number of partitions of a topic. */
  countOf(topic: string): number {
    return this.#byTopic.get(topic)?.length ?? 0;
  }

  /** The queue of a record's partition. Records without a key go to the partitions in turn, except to stuck ones if others are not. */
  of(topic: string, key: string | null): PartitionQueue {
    const queues = this.#byTopic.get(topic)!;
    if (key !== null) return queues[this.#partitioners.get(topic)!.partitionOf(key)]!;
    const now = performance.now();
    for (let attempt = 0; attempt < queues.length; attempt++) {
      const queue = queues[++this.#turn % queues.length]!;
      if (!queue.isStuck(now)) return queue;
    }
    return queues[++this.#turn % queues.length]!;
  }

  /**
   * Sets the leaders of a topic's partitions, and adds queues for new partitions.
   *
   * @param leaders node ids by partition; `undefined` for a partition without a leader
   */
  setLeaders(topic: string, leaders: readonly (number | undefined)[]): void {
    const partitioner = this.#partitioners.get(topic) ?? new KeyPartitioner(topic);
    this.#partitioners.set(topic, partitioner);
    partitioner.partitions = leaders.length;
    const queues = this.#byTopic.get(topic) ?? [];
    this.#byTopic.set(topic, queues);
    const now = performance.now();
    const lost: PartitionQueue[] = [], elected: PartitionQueue[] = [];
    let longestMs = 0;
    for (const [partition, leader] of leaders.entries()) {
      const queue = queues[partition] ??= new PartitionQueue(topic, partition, this.settings);
      queue.leader = leader;
      const since = queue.leaderlessSince;
      if (leader === undefined && since === undefined) {
        queue.leaderlessSince = now;
        lost.push(queue);
      }
      if (leader !== undefined && since !== undefined) {
        queue.leaderlessSince = undefined;
        // Cancel the backoff.
        queue.retryAt = 0;
        elected.push(queue);
        longestMs = Math.max(longestMs, now - since);
      }
    }
    const partitionsOf = (queues: PartitionQueue[]) => queues.map(({ partition }) => partition);
    if (lost.length > 0) {
      const buffered = lost.reduce((sum, queue) => sum + queue.buffered, 0);
      this.emit("leader_lost", { topic, partitions: partitionsOf(lost), buffered });
    }
    if (elected.length > 0) {
      this.emit("leader_elected", { topic, partitions: partitionsOf(elected), seconds: longestMs / 1000 });
    }
    this.#all = [...this.#byTopic.values()].flat();
  }

  /** Whether some partitions are stuck and others are not. {@link accepts} has to be called for each record then. */
  get isPartlyStuck(): boolean {
    const now = performance.now();
    const stuck = this.#all.filter((queue) => queue.isStuck(now)).length;
    return stuck > 0 && stuck < this.#all.length;
  }

  /**
   * Whether a record with this key may be generated: not if its partition is stuck, others are not, and the stuck partitions use their
   * share of the buffer. Counts and logs the withheld record.
   */
  accepts(topic: string, key: string | null): boolean {
    if (key === null) return true;
    const queue = this.of(topic, key);
    const now = performance.now();
    if (!queue.isStuck(now)) return true;
    const stuck = this.#all.filter((queue) => queue.isStuck(now));
    if (stuck.length === this.#all.length) return true;
    const used = stuck.reduce((sum, { buffered }) => sum + buffered, 0);
    if (used < this.settings.PRODUCER_BUFFER_RECORDS * STUCK_SHARE) return true;
    const { partition, buffered } = queue;
    withheld.inc({ topic, partition });
    queue.withheldSince ??= now;
    if (now - queue.withheldLoggedAt >= WITHHELD_LOG_INTERVAL_MS) {
      queue.withheldLoggedAt = now;
      this.emit("records_withheld", {
        topic,
        partition,
        seconds: (now - queue.withheldSince) / 1000,
        buffered,
      });
    }
    return false;
  }
}
