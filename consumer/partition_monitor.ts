/**
 * Monitors the assigned partitions: lag, expired records, recreated topics, and progress in PostgreSQL that differs from the
 * consumer's position.
 *
 * Fetches and transactions detect most of this. Polls detect it in idle partitions, which have neither.
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
import type { LagReporter } from "./lag_reporter.ts";
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

/** What the monitor reads from Kafka and PostgreSQL. */
export interface MonitorSources {
  /** Metadata of all subscribed topics, in this order. @throws {KafkaJSError} if no broker answers */
  topics(): Promise<readonly TopicMetadata[]>;
  /** Watermarks of topics without an error, by topic and partition. */
  watermarks(
    topics: readonly TopicMetadata[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Watermarks>>>;
  /** The group's progress in all partitions of some topics. */
  progress(topics: readonly string[]): Promise<readonly ProgressRow[]>;
  /** Stores topic ids (as uuid) in the rows of `consumer_progress` that have none. */
  adopt(ids: readonly (TopicPartition & { readonly topicId: string })[]): Promise<void>;
}

/** Monitors partitions by polling. */
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
    private readonly emit: ConsumerEmit,
  ) {}

  /**
   * Polls Kafka and PostgreSQL independently until `signal` aborts, so that lag is reported while PostgreSQL is unavailable. A poll with
   * a transient error is repeated at the next interval.
   *
   * @throws {PermanentError} if a topic was recreated or lost records
   * @throws {Error} on any other error that is not transient
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

  /** Polls at once. Call it when the connection to PostgreSQL was replaced: the new one may lead to another server. */
  wake(): void {
    this.#woken.resolve();
  }

  /**
   * Polls Kafka: reports lag, skips expired records of idle partitions, and checks that no topic was recreated.
   *
   * @throws {PermanentError} if a topic was recreated or lost records
   * @throws {KafkaJSError} if no broker answers
   */
  async pollKafka(): Promise<void> {
    const { positions } = this.consumer;
    this.lag.retain(positions);
    const topics = await this.sources.topics();
    for (const { name, id, error } of topics) if (error === undefined) this.#topicIds.set(name, id);
    for (const position of this.#stillAssigned(positions)) {
      const error = checkTopicId(this.#facts(position));
      if (error) throw error;
    }
    const watermarks = await this.sources.watermarks(topics.filter(({ error }) => error === undefined));
    for (const position of this.#stillAssigned(positions)) {
      const ofPartition = watermarks.get(position.topic)?.get(position.partition);
      if (ofPartition) this.#checkWatermarks(position, ofPartition);
    }
    for (const position of this.#stillIdle(positions)) {
      const low = watermarks.get(position.topic)?.get(position.partition)?.low ?? 0;
      if (low > position.nextOffset) this.consumer.skipExpired(position, low);
    }
  }

  #checkWatermarks(position: PartitionPosition, watermarks: Watermarks): void {
    this.lag.report(position, position.storedOffset, watermarks);
    const error = checkEnd({
      ...this.#facts(position),
      partition: position.partition,
      nextOffset: position.storedOffset,
      watermarks,
    });
    if (error) throw error;
  }

  /**
   * Polls PostgreSQL: compares the stored progress of idle partitions with the consumer's position. It differs after a failover to an
   * older state, which a pooler or proxy may hide, or if another consumer moved it. In a partition that is not idle the fence of the
   * next transaction detects it. A call during a poll waits for that poll.
   *
   * @throws {PermanentError} if the stored topic id is not that of the topic
   */
  pollProgress(): Promise<void> {
    return this.#progressPoll ??= this.#pollProgress().finally(() => this.#progressPoll = undefined);
  }

  async #pollProgress(): Promise<void> {
    const idle = this.consumer.positions.filter(isIdle);
    if (idle.length === 0) return;
    const rows = await this.sources.progress([...new Set(idle.map(({ topic }) => topic))]);
    const byKey = new Map(rows.map((row) => [partitionKey(row), row]));
    const withoutId: (TopicPartition & { topicId: string })[] = [];
    for (const position of this.#stillIdle(idle)) {
      const row = byKey.get(partitionKey(position));
      this.#checkProgress(position, row, rows);
      if (row?.topicId === null && position.topicId !== undefined && row.nextOffset === position.nextOffset) {
        withoutId.push({
          topic: position.topic,
          partition: position.partition,
          topicId: topicIdToUuid(position.topicId),
        });
      }
    }
    if (withoutId.length > 0) await this.sources.adopt(withoutId);
  }

  #checkProgress(
    position: PartitionPosition,
    row: ProgressRow | undefined,
    rows: readonly ProgressRow[],
  ): void {
    const { topic, partition, nextOffset: expected } = position;
    const found = row?.nextOffset;
    const ids = rows.flatMap(({ topic, topicId }) => topic === position.topic && topicId ? [topicId] : []);
    const error = checkTopicId({ ...this.#facts(position), storedId: row?.topicId, otherIds: ids });
    if (error) throw error;
    if (found === expected) return;
    this.emit("progress_changed", { topic, partition, expected, found });
    this.consumer.resume(position, found);
  }

  #facts({ topic, topicId }: PartitionPosition) {
    const currentId = this.#topicIds.get(topic);
    const storedId = topicId === undefined ? undefined : topicIdToUuid(topicId);
    return { group: this.group, topic, storedId, otherIds: [], currentId };
  }

  /** The partitions that were neither revoked nor reassigned since their positions were read. */
  #stillAssigned(partitions: readonly PartitionPosition[]): PartitionPosition[] {
    const current = new Map(this.consumer.positions.map((position) => [partitionKey(position), position]));
    return partitions.filter((position) => {
      const now = current.get(partitionKey(position));
      return now && now.topicId === position.topicId && now.storedOffset >= position.storedOffset;
    });
  }

  /** The partitions that were idle and still are, at the same offset. */
  #stillIdle(partitions: readonly PartitionPosition[]): PartitionPosition[] {
    const current = new Map(this.consumer.positions.map((position) => [partitionKey(position), position]));
    return partitions.filter((position) => {
      const now = current.get(partitionKey(position));
      return now && isIdle(position) && isIdle(now) && now.nextOffset === position.nextOffset;
    });
  }
}

const isIdle = ({ nextOffset, storedOffset }: PartitionPosition) => nextOffset === storedOffset;
