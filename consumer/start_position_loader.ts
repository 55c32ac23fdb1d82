/**
 * Loads the progress of assigned partitions and decides at which offset each of them starts.
 *
 * @module
 */
import { kafkaError } from "../shared/kafka/errors.ts";
import { fetchTopics, type TopicMetadata } from "../shared/kafka/metadata.ts";
import type { KafkaSession } from "../shared/kafka/session.ts";
import { topicIdToUuid } from "../shared/kafka/topic_id.ts";
import { fetchWatermarks, type Watermarks } from "../shared/kafka/watermarks.ts";
import type { Availability } from "../shared/observe/availability.ts";
import { retryUntilAvailable } from "../shared/retry.ts";
import {
  adoptTopicIds,
  loadTopicProgress,
  partitionKey,
  type ProgressRow,
  type TopicPartition,
} from "../shared/schema/progress.ts";
import type { Settings } from "../shared/settings/table.ts";
import { checkTopicId, decideStart, type Decision } from "../shared/start_position.ts";
import type { PartitionState } from "./partition_state.ts";
import { CancelledError, type Database } from "./store/database.ts";

/** What progress and watermarks are read from. */
export interface StartPositionLoaderOptions {
  readonly kafka: Pick<KafkaSession, "cluster">;
  readonly database: Database;
  readonly settings: Settings;
  readonly availability: Availability;
}

/** Where a readable partition starts. */
type Start = Exclude<Decision, { kind: "fail" }>;

/** A partition with its start position. */
export interface StartPosition {
  readonly state: PartitionState;
  readonly start: Start;
  /** As Kafka prints it; `undefined` if it is unknown. */
  readonly topicId: string | undefined;
}

/** Topic ids, and the watermarks of partitions whose leader answers. */
interface TopicState {
  readonly ids: ReadonlyMap<string, string | undefined>;
  readonly watermarks: (partition: TopicPartition) => Watermarks | undefined;
}

/** Loads start positions. */
export class StartPositionLoader {
  /** @param signal cancels waiting for Kafka */
  constructor(private readonly options: StartPositionLoaderOptions, private readonly signal: AbortSignal) {}

  /**
   * Decides where partitions without a position start.
   *
   * @param isAssigned whether a partition is still assigned
   * @returns without the partitions whose watermarks cannot be read; nothing if the assignment ended meanwhile
   * @throws {PermanentError} if a topic is not the one that the progress belongs to
   * @throws {CancelledError} if the signal aborts, or the assignment ended meanwhile
   */
  async load(
    partitions: readonly PartitionState[],
    isAssigned: (state: PartitionState) => boolean,
  ): Promise<StartPosition[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    let kafka = await this.#fetchTopicState(topics);
    const led = partitions.filter((state) => kafka.watermarks(state) !== undefined);
    if (led.length === 0) return [];
    const isCurrent = () => led.every(isAssigned);
    const rows = await this.#loadProgress(led, kafka, isCurrent);
    const nextOffsets = new Map(rows.map((row) => [partitionKey(row), row.nextOffset]));
    // The partition's last owner may have stored more meanwhile: refetch watermarks that are older than the progress.
    if (led.some((state) => (nextOffsets.get(partitionKey(state)) ?? 0) > kafka.watermarks(state)!.high)) {
      kafka = await this.#fetchTopicState(topics);
    }
    if (!isCurrent()) return [];
    const starts = led.filter((state) =>
      state.nextOffset === undefined && kafka.watermarks(state) !== undefined
    )
      .map((state) => ({
        state,
        start: this.#decide(state, rows, kafka),
        topicId: kafka.ids.get(state.topic),
      }));
    await this.#adoptTopicIds(starts, isCurrent);
    return isCurrent() ? starts : [];
  }

  /**
   * Decides where to continue in a partition whose next offset the broker does not have.
   *
   * @returns `undefined` if the watermarks cannot be read, or the partition has moved meanwhile
   * @throws {PermanentError} if the topic was recreated or lost records
   */
  async decideAgain(state: PartitionState, isCurrent: () => boolean): Promise<Start | undefined> {
    const kafka = await this.#fetchTopicState([state.topic]);
    if (!kafka.watermarks(state) || !isCurrent()) return undefined;
    const { topic, partition, topicId } = state;
    const storedId = topicId === undefined ? undefined : topicIdToUuid(topicId);
    return this.#decide(
      state,
      [{ topic, partition, nextOffset: state.nextOffset!, topicId: storedId }],
      kafka,
    );
  }

  /** @throws {PermanentError} if the topic of a partition was recreated since its progress was loaded */
  assertUnchanged(topics: readonly TopicMetadata[], partitions: Iterable<PartitionState>): void {
    const group = this.options.settings.CONSUMER_GROUP_ID;
    const ids = new Map(topics.map(({ name, id }) => [name, id]));
    for (const { topic, topicId } of partitions) {
      if (topicId === undefined) continue;
      const storedId = topicIdToUuid(topicId);
      const error = checkTopicId({ group, topic, storedId, otherIds: [], currentId: ids.get(topic) });
      if (error) throw error;
    }
  }

  #loadProgress(
    partitions: readonly PartitionState[],
    kafka: TopicState,
    shouldRetry: () => boolean,
  ): Promise<ProgressRow[]> {
    const { database, settings } = this.options;
    const starts = partitions.map((state) => ({
      topic: state.topic,
      partition: state.partition,
      start: kafka.watermarks(state)!.low,
    }));
    return database.run(
      "Cannot read consumer_progress",
      (client) => loadTopicProgress(client, settings.CONSUMER_GROUP_ID, starts),
      { shouldRetry },
    );
  }

  /** @param rows the progress of the topic's partitions */
  #decide({ topic, partition }: PartitionState, rows: readonly ProgressRow[], kafka: TopicState): Start {
    const ofTopic = rows.filter((row) => row.topic === topic);
    const row = ofTopic.find((row) => row.partition === partition);
    const decision = decideStart({
      group: this.options.settings.CONSUMER_GROUP_ID,
      topic,
      partition,
      nextOffset: row?.nextOffset ?? 0,
      storedId: row?.topicId,
      otherIds: ofTopic.flatMap(({ topicId }) => topicId ? [topicId] : []),
      currentId: kafka.ids.get(topic),
      watermarks: kafka.watermarks({ topic, partition })!,
    });
    if (decision.kind === "fail") throw decision.error;
    return decision;
  }

  /** Stores the topic ids of rows that have none. */
  async #adoptTopicIds(starts: readonly StartPosition[], shouldRetry: () => boolean): Promise<void> {
    const adopted = starts.filter(({ start }) => start.adopt)
      .map(({ state: { topic, partition }, topicId }) => ({
        topic,
        partition,
        topicId: topicIdToUuid(topicId!),
      }));
    if (adopted.length === 0) return;
    const { database, settings } = this.options;
    await database.run(
      "Cannot update consumer_progress",
      (client) => adoptTopicIds(client, settings.CONSUMER_GROUP_ID, adopted),
      { shouldRetry },
    );
  }

  async #fetchTopicState(topics: readonly string[]): Promise<TopicState> {
    const { kafka: { cluster }, availability, settings } = this.options;
    const action = `Cannot read the offsets of ${topics.join(", ")}`;
    const state = await retryUntilAvailable("Kafka", availability, this.signal, async () => {
      try {
        const metadata = await fetchTopics(cluster, topics);
        return { metadata, watermarks: await fetchWatermarks(cluster, metadata) };
      } catch (error) {
        throw kafkaError(action, error, settings);
      }
    });
    if (state === undefined) throw new CancelledError(action);
    return {
      ids: new Map(state.metadata.map(({ name, id }) => [name, id])),
      watermarks: ({ topic, partition }) => state.watermarks.get(topic)?.get(partition),
    };
  }
}
