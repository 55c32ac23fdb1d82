/**
 * Watches the partitions that the consumer holds: lag, expired records, recreated topics, and progress in PostgreSQL that is not what
 * the consumer remembers.
 *
 * Fetches and transactions detect most of this by themselves. Polls detect it in partitions to which no records come, which are
 * neither fetched from successfully nor written to.
 *
 * @module
 */
import { isTransientKafka } from "../shared/kafka/errors.ts";
import type { TopicMetadata } from "../shared/kafka/metadata.ts";
import { topicIdToUuid } from "../shared/kafka/topic_id.ts";
import type { Watermarks } from "../shared/kafka/watermarks.ts";
import { pause } from "../shared/lifecycle.ts";
import { checkEnd, checkTopicId } from "../shared/start_position.ts";
import { CancelledError } from "./store/database.ts";
import type { ConsumerEmit } from "./events.ts";
import type { LagReporter } from "./lag.ts";
import { partitionKey, type ProgressRow, type TopicPartition } from "../shared/schema/progress.ts";
import type { PartitionPosition } from "./partition_state.ts";

/** The consumer as the monitor sees it. A change takes effect only if the partition is still assigned and at the same position. */
export interface MonitoredConsumer {
  /** Positions of the assigned partitions whose progress is loaded. */
  readonly positions: readonly PartitionPosition[];
  /** Continues at `offset`; `undefined`: loads the progress of all partitions again. */
  resume(position: PartitionPosition, offset: number | undefined): void;
  /** Counts the offsets before `to` as lost and stores progress `to`. */
  skipExpired(position: PartitionPosition, to: number): void;
}

/** What the monitor asks. */
export interface MonitorSources {
  /** Metadata of all subscribed topics, in this order. @throws when no broker answers */
  topics(): Promise<readonly TopicMetadata[]>;
  /** Watermarks of topics without an error, by topic and partition. */
  watermarks(
    topics: readonly TopicMetadata[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Watermarks>>>;
  /** The group's rows of some topics. */
  progress(topics: readonly string[]): Promise<readonly ProgressRow[]>;
  /** Stores topic ids, as uuid, in rows that have none. */
  adopt(ids: readonly (TopicPartition & { readonly topicId: string })[]): Promise<void>;
}

/** Watches partitions by {@link pollKafka} and {@link pollProgress}. */
export class PartitionMonitor {
  /** Ids of the topics at the last poll. */
  readonly #topicIds = new Map<string, string | undefined>();
  #progressPoll: Promise<void> | undefined;
  /** Resolves at the next {@link wake}. */
  #woken = Promise.withResolvers<void>();

  constructor(
    private readonly group: string,
    private readonly consumer: MonitoredConsumer,
    private readonly sources: MonitorSources,
    private readonly lag: LagReporter,
    private readonly tell: ConsumerEmit,
  ) {}

  /**
   * Polls Kafka and PostgreSQL every so often until `signal` aborts. Neither waits for the other: while PostgreSQL is away, lag is
   * reported all the same. A poll that fails because a server is away is repeated at the next interval.
   *
   * @throws {PermanentError} if a topic was recreated or lost its end
   * @throws {Error} of any other error than a transient one
   */
  async run(intervalMs: number, signal: AbortSignal): Promise<void> {
    const repeat = async (poll: () => Promise<void>) => {
      while (!signal.aborted) {
        await Promise.race([pause(intervalMs, signal), this.#woken.promise]);
        if (signal.aborted) return;
        this.#woken = Promise.withResolvers();
        await poll().catch((error) => {
          if (!isTransientKafka(error) && !(error instanceof CancelledError)) throw error;
        });
      }
    };
    await Promise.all([repeat(() => this.pollKafka()), repeat(() => this.pollProgress())]);
  }

  /** Has {@link run} poll at once: the connection to PostgreSQL was replaced, perhaps by one to another server. */
  wake(): void {
    this.#woken.resolve();
  }

  /**
   * Polls Kafka: reports lag, skips expired records of idle partitions, and checks that each topic is still the one that is read.
   *
   * @throws {PermanentError} if a topic was recreated or lost its end
   * @throws {KafkaJSError} if no broker answers
   */
  async pollKafka(): Promise<void> {
    const held = this.consumer.positions;
    this.lag.retain(held);
    const topics = await this.sources.topics();
    for (const { name, id, error } of topics) if (error === undefined) this.#topicIds.set(name, id);
    for (const at of this.#stillHeld(held)) {
      const error = checkTopicId(this.#facts(at));
      if (error) throw error;
    }
    const watermarks = await this.sources.watermarks(topics.filter(({ error }) => error === undefined));
    for (const at of this.#stillHeld(held)) {
      const found = watermarks.get(at.topic)?.get(at.partition);
      if (found) this.#check(at, found);
    }
    for (const at of this.#unchanged(held)) {
      const low = watermarks.get(at.topic)?.get(at.partition)?.low ?? 0;
      if (low > at.nextOffset) this.consumer.skipExpired(at, low);
    }
  }

  #check(at: PartitionPosition, watermarks: Watermarks): void {
    this.lag.report(at, at.storedOffset, watermarks);
    const error = checkEnd({
      ...this.#facts(at),
      partition: at.partition,
      nextOffset: at.storedOffset,
      watermarks,
    });
    if (error) throw error;
  }

  /**
   * Polls PostgreSQL: compares the stored progress of idle partitions with what the consumer remembers. It differs after a failover to
   * an older state, which a pooler or proxy may hide, or if another consumer has moved it. A partition with records under way is left to
   * the fence of its next transaction. A call during a poll waits for that poll.
   *
   * @throws {PermanentError} if the stored topic id is not the topic's
   */
  pollProgress(): Promise<void> {
    return this.#progressPoll ??= this.#pollProgress().finally(() => this.#progressPoll = undefined);
  }

  async #pollProgress(): Promise<void> {
    const idle = this.consumer.positions.filter(isIdle);
    if (idle.length === 0) return;
    const rows = await this.sources.progress([...new Set(idle.map(({ topic }) => topic))]);
    const byKey = new Map(rows.map((row) => [partitionKey(row), row]));
    const unnamed: (TopicPartition & { topicId: string })[] = [];
    for (const at of this.#unchanged(idle)) {
      const row = byKey.get(partitionKey(at));
      this.#compare(at, row, rows);
      if (row?.topicId === null && at.topicId !== undefined && row.nextOffset === at.nextOffset) {
        unnamed.push({ topic: at.topic, partition: at.partition, topicId: topicIdToUuid(at.topicId) });
      }
    }
    if (unnamed.length > 0) await this.sources.adopt(unnamed);
  }

  #compare(at: PartitionPosition, row: ProgressRow | undefined, rows: readonly ProgressRow[]): void {
    const { topic, partition, nextOffset: expected } = at;
    const found = row?.nextOffset;
    const ids = rows.flatMap(({ topic, topicId }) => topic === at.topic && topicId ? [topicId] : []);
    const error = checkTopicId({ ...this.#facts(at), storedId: row?.topicId, otherIds: ids });
    if (error) throw error;
    if (found === expected) return;
    this.tell("progress_changed", { topic, partition, expected, found });
    this.consumer.resume(at, found);
  }

  #facts({ topic, topicId }: PartitionPosition) {
    const currentId = this.#topicIds.get(topic);
    const storedId = topicId === undefined ? undefined : topicIdToUuid(topicId);
    return { group: this.group, topic, storedId, otherIds: [], currentId };
  }

  /** Those that were not revoked, or assigned anew, meanwhile. */
  #stillHeld(partitions: readonly PartitionPosition[]): PartitionPosition[] {
    const current = new Map(this.consumer.positions.map((at) => [partitionKey(at), at]));
    return partitions.filter((at) => {
      const now = current.get(partitionKey(at));
      return now && now.topicId === at.topicId && now.storedOffset >= at.storedOffset;
    });
  }

  /** Those of some partitions that are idle, and were so at the same offset before. */
  #unchanged(partitions: readonly PartitionPosition[]): PartitionPosition[] {
    const current = new Map(this.consumer.positions.map((at) => [partitionKey(at), at]));
    return partitions.filter((at) => {
      const now = current.get(partitionKey(at));
      return now && isIdle(at) && isIdle(now) && now.nextOffset === at.nextOffset;
    });
  }
}

const isIdle = ({ nextOffset, storedOffset }: PartitionPosition) => nextOffset === storedOffset;
