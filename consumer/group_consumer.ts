/**
 * Consumes the partitions that the group assigns: fetches, decodes, and hands the segments over to the writer.
 *
 * @module
 */
import type { KafkaMessage } from "kafkajs";
import { CorruptBatchError } from "../shared/kafka/records/corrupt_batch.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { recordBatches } from "../shared/kafka/fetch_response.ts";
import { fetchTopics, type TopicMetadata } from "../shared/kafka/metadata.ts";
import type { KafkaSession } from "../shared/kafka/session.ts";
import { topicIdToUuid } from "../shared/kafka/topic_id.ts";
import { fetchWatermarks, type Watermarks } from "../shared/kafka/watermarks.ts";
import { pause } from "../shared/lifecycle.ts";
import type { Availability } from "../shared/observe/availability.ts";
import type { Emit } from "../shared/observe/events.ts";
import { retryUntilAvailable } from "../shared/retry.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import { checkTopicId, decideStart, type Decision } from "../shared/start_position.ts";
import { CancelledError, type Database } from "./store/database.ts";
import type { EVENTS } from "./events.ts";
import { Fetcher } from "./fetcher.ts";
import { GroupCoordinator } from "../shared/kafka/group/coordinator.ts";
import { GroupMembership } from "./group/membership.ts";
import type { Assignment } from "../shared/kafka/group/subscription.ts";
import type { HeldPartition, PartitionHolder } from "./partition_monitor.ts";
import {
  adoptTopicIds,
  loadTopicProgress,
  partitionKey,
  type ProgressRow,
  type TopicPartition,
} from "../shared/schema/progress.ts";
import { emptySegment, type Segment, SegmentBuilder } from "./decode/segment.ts";
import { unreadableBatch } from "./decode/unreadable_batch.ts";
import { Writer } from "./store/writer.ts";

/** What a consumer of a group works with. */
export interface GroupConsumerOptions {
  readonly kafka: Pick<KafkaSession, "cluster" | "openCluster">;
  readonly database: Database;
  readonly streams: readonly Stream[];
  readonly settings: Settings;
  readonly availability: Availability;
  readonly emit: Emit<typeof EVENTS>;
}

/** A partition that the group assigned to this consumer. */
interface PartitionState extends TopicPartition {
  readonly builder: SegmentBuilder;
  /** The offset that the next segment begins at; `undefined` until progress is loaded. */
  nextOffset: number | undefined;
  /** The offset up to which all is stored. */
  storedOffset: number | undefined;
  /** The id of the topic that `next` belongs to, as Kafka prints it; `undefined` if it is unknown. */
  topicId: string | undefined;
  /** The offset at which a batch could not be read. */
  unreadable: number | undefined;
  /** Fences since this consumer last stored something of the partition. */
  fences: number;
}

/** Milliseconds that a broker may wait for records before it answers a fetch with none. */
const FETCH_WAIT_MS = 500;
/** The same if the consumer ends by itself: any fetch may be its last, and it ends no sooner than that. */
const BOUNDED_FETCH_WAIT_MS = 25;
/** For this long, milliseconds, the group waits for a member to join again, at least. */
const REBALANCE_TIMEOUT_MS = 60_000;
/** Bytes that a fetch may return of one partition, at most. */
const PARTITION_BYTES_MAX = 1_048_576;
/** After so many fences in a row another consumer owns the partition, whatever the group says. */
const FENCES_MAX = 3;
/** Milliseconds until partitions without a leader are looked at again. */
const NO_LEADER_RETRY_MS = 1_000;
/** After so many attempts in a row to reach the coordinator Kafka counts as unavailable. */
const COORDINATOR_FAILURES_MAX = 5;

/** A consumer of a group. It ends by {@link stop}, or by `failed`. */
export class GroupConsumer implements PartitionHolder {
  readonly #membership: GroupMembership;
  readonly #coordination;
  readonly #fetcher: Fetcher<PartitionState>;
  readonly #writer: Writer;
  readonly #builders: ReadonlyMap<string, SegmentBuilder>;
  readonly #failed = Promise.withResolvers<never>();
  #assigned = new Map<string, PartitionState>();
  #stopping = false;
  /** Aborted on stop; cancels all retries. */
  readonly #over = new AbortController();
  /** Offsets to commit to Kafka, which keeps a copy of the progress. */
  #uncommitted = new Map<string, TopicPartition & { readonly offset: string }>();

  constructor(private readonly options: GroupConsumerOptions) {
    const { kafka, settings, streams, database, emit: tell, availability } = options;
    this.#builders = new Map(streams.map((stream) => [stream.topic, new SegmentBuilder(stream)]));
    // Connections of its own: the coordinator holds back JoinGroup until the others have joined.
    this.#coordination = kafka.openCluster();
    const coordinator = new GroupCoordinator(this.#coordination, settings.CONSUMER_GROUP_ID);
    this.#membership = new GroupMembership({
      coordinator,
      topics: [...this.#builders.keys()],
      sessionTimeoutMs: settings.CONSUMER_SESSION_TIMEOUT_MS,
      rebalanceTimeoutMs: Math.max(REBALANCE_TIMEOUT_MS, settings.CONSUMER_SESSION_TIMEOUT_MS),
      heartbeatIntervalMs: Math.min(3_000, Math.floor(settings.CONSUMER_SESSION_TIMEOUT_MS / 4)),
      fetchPartitions: (topics) => this.#fetchPartitions(topics),
      onAssigned: (assignment, member) => this.#onAssigned(assignment, member),
      onRevoked: (reason) => this.#onRevoked(reason),
      onHeartbeat: () => availability.up("Kafka"),
      onRetry: (error, failures) => {
        if (failures > COORDINATOR_FAILURES_MAX) {
          this.#onKafkaFailure("Cannot reach the group's coordinator", error);
        }
      },
    });
    this.#writer = new Writer(database, {
      group: settings.CONSUMER_GROUP_ID,
      batchBytes: settings.CONSUMER_BATCH_BYTES,
      rejectStreakMax: settings.CONSUMER_REJECT_STREAK_MAX,
      tell,
      isCurrent: () => this.#membership.isAlive(),
      onStored: (at, next) => this.#onStored(at, next),
      onFenced: (at, next) => this.#onFenced(at, next),
    });
    this.#fetcher = new Fetcher<PartitionState>({
      cluster: kafka.cluster,
      maxBytes: settings.CONSUMER_FETCH_BYTES,
      partitionMaxBytes: Math.min(PARTITION_BYTES_MAX, settings.CONSUMER_FETCH_BYTES),
      read: {
        checkCrcs: settings.CONSUMER_CHECK_CRCS,
        inflatedBytesMax: settings.CONSUMER_BATCH_INFLATED_BYTES_MAX,
      },
      maxWaitMs: settings.CONSUMER_UNTIL_CAUGHT_UP ? BOUNDED_FETCH_WAIT_MS : FETCH_WAIT_MS,
      isAlive: () => this.#membership.isAlive(),
      onMessages: (at, messages) => this.#onMessages(at, messages),
      onOutOfRange: (at, isCurrent) => this.#onOutOfRange(at, isCurrent),
      onMetadata: (metadata) => this.#checkTopics(metadata),
      capacity: () => this.#writer.waitForCapacity(settings.CONSUMER_BUFFER_BYTES),
      onRetry: (error) => this.#onKafkaFailure("Cannot fetch", error),
    });
    this.#failed.promise.catch(() => {});
    this.#writer.failed.catch((error) => this.#failed.reject(error));
    this.#fetcher.failed.catch((error) => this.#failed.reject(error));
  }

  /** Never resolves; rejects when consuming has ended without {@link stop}. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Partitions that are assigned and whose progress is loaded. */
  get held(): HeldPartition[] {
    return [...this.#assigned.values()].flatMap((
      { topic, partition, nextOffset: next, storedOffset: stored, topicId },
    ) =>
      next === undefined || stored === undefined
        ? []
        : [{ topic, partition, nextOffset: next, storedOffset: stored, topicId }]
    );
  }

  /** Continues at `offset`, or at what a new load of the progress finds, unless the partition moved since `held` was read. */
  resume(held: HeldPartition, offset: number | undefined): void {
    const at = this.#unmoved(held);
    if (!at) return;
    if (offset === undefined) this.#reload();
    else at.nextOffset = at.storedOffset = offset;
    this.#fetcher.wake();
  }

  /** Counts offsets as lost and advances, unless the partition moved since `held` was read. */
  skipExpired(held: HeldPartition, to: number): void {
    const at = this.#unmoved(held);
    if (!at) return;
    this.#skipExpired(at, held.nextOffset, to);
    this.#fetcher.wake();
  }

  #unmoved(held: HeldPartition): PartitionState | undefined {
    const at = this.#assigned.get(partitionKey(held));
    return at && at.nextOffset === held.nextOffset && at.storedOffset === held.storedOffset ? at : undefined;
  }

  /** Joins the group and consumes. */
  start(): void {
    this.#membership.run().catch((error) => this.#failed.reject(error));
  }

  /**
   * Stops fetching, stores what was fetched, and leaves the group. The membership is kept until then.
   *
   * @param timeoutMs how long storing may take; what is not stored then is read again by whoever consumes the partition next
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#over.abort();
    this.#fetcher.stop();
    const timeout = pause(timeoutMs);
    await Promise.race([this.#writer.drain(), this.#writer.failed.catch(() => {}), timeout]);
    if (this.#writer.bytes > 0) this.options.emit("undrained", { bytes: this.#writer.bytes });
    // Neither is worth more than a second.
    await Promise.race([this.commit(), pause(1_000)]);
    await Promise.race([this.#membership.leave(), pause(1_000)]);
    this.#coordination[Symbol.dispose]();
  }

  /** Commits to Kafka how far records are stored, for tools that show a group's lag. Nothing depends on it. */
  async commit(): Promise<void> {
    const offsets = [...this.#uncommitted.values()];
    if (offsets.length === 0 || this.#membership.state !== "stable") return;
    this.#uncommitted = new Map();
    try {
      await this.#membership.commit(offsets);
    } catch (error) {
      this.options.emit("group_left", { text: `Offset commit to Kafka failed: ${(error as Error).message}` });
    }
  }

  #onKafkaFailure(action: string, error: unknown): void {
    const named = kafkaError(action, error, this.options.settings);
    if (named.name === "PermanentError") this.#failed.reject(named);
    else this.options.availability.down("Kafka", named, "connection");
  }

  /** For the leader of the group. */
  async #fetchPartitions(topics: readonly string[]): Promise<Map<string, number[]>> {
    const metadata = await fetchTopics(this.options.kafka.cluster, topics);
    return new Map(
      metadata.filter(({ error }) => error === undefined)
        .map(({ name, partitions }) => [name, partitions.map(({ partition }) => partition)]),
    );
  }

  #onStored({ topic, partition }: TopicPartition, next: number): void {
    const at = this.#assigned.get(partitionKey({ topic, partition }));
    if (!at) return;
    at.storedOffset = next;
    at.fences = 0;
    this.#uncommitted.set(partitionKey(at), { topic, partition, offset: String(next) });
  }

  /** The group assigned partitions: everything in memory is dropped, and read again from what is stored. */
  #onAssigned(assignment: Assignment, member: string): void {
    this.options.availability.up("Kafka");
    if (this.#stopping) return;
    this.options.emit("assigned", { partitions: assignment, member });
    this.#uncommitted = new Map();
    this.#assigned = new Map(
      Object.entries(assignment).flatMap(([topic, partitions]) =>
        partitions.map((partition): [string, PartitionState] => [partitionKey({ topic, partition }), {
          topic,
          partition,
          builder: this.#builders.get(topic)!,
          nextOffset: undefined,
          storedOffset: undefined,
          topicId: undefined,
          unreadable: undefined,
          fences: 0,
        }])
      ),
    );
    const partitions = [...this.#assigned.values()];
    this.#fetcher.start(partitions);
    this.#load(partitions);
  }

  /** The assignment has ended. What is queued may still be stored: a fence protects what its next owner stores. */
  #onRevoked(reason: string): void {
    this.options.emit("revoked", { reason });
    this.#fetcher.stop();
    this.#assigned = new Map();
  }

  /** Another consumer stored the same offsets: continue where it is now. */
  #onFenced(at: TopicPartition, next: number | undefined): void {
    const assigned = this.#assigned.get(partitionKey(at));
    if (!assigned) return;
    if (next === undefined) this.#reload();
    else assigned.nextOffset = assigned.storedOffset = next;
    if (++assigned.fences >= FENCES_MAX) {
      assigned.fences = 0;
      this.#membership.rejoin(`another consumer stores ${partitionKey(at)}`);
    }
  }

  /** Somebody deleted progress. */
  #reload(): void {
    const partitions = [...this.#assigned.values()];
    for (const at of partitions) at.nextOffset = at.storedOffset = undefined;
    this.#load(partitions);
  }

  /** Loads the progress of partitions in the background, and again of those that have no leader, while they are assigned. */
  #load(partitions: readonly PartitionState[]): void {
    const work = async () => {
      await this.#writer.reset();
      for (let left = partitions; left.length > 0;) {
        left = (await this.#loadSome(left)).filter((at) => this.#isAssigned(at));
        this.#fetcher.wake();
        if (left.length > 0) await pause(NO_LEADER_RETRY_MS, this.#over.signal);
        if (this.#stopping) return;
      }
    };
    work().catch((error) => {
      if (!(error instanceof CancelledError)) this.#failed.reject(error);
    });
  }

  #isAssigned(at: PartitionState): boolean {
    return this.#assigned.get(partitionKey(at)) === at;
  }

  /**
   * Loads the progress of newly assigned partitions and decides where each starts.
   *
   * @returns the partitions whose watermarks could not be read
   * @throws {PermanentError} if a topic is not the one that the progress belongs to
   */
  async #loadSome(partitions: readonly PartitionState[]): Promise<PartitionState[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    let kafka = await this.#topicFacts(topics);
    const led = partitions.filter((at) => kafka.watermarks(at) !== undefined);
    if (led.length === 0) return [...partitions];
    const isCurrent = () => led.every((at) => this.#isAssigned(at));
    const { database, settings: { CONSUMER_GROUP_ID: group } } = this.options;
    const starts = led.map((at) => ({
      topic: at.topic,
      partition: at.partition,
      start: kafka.watermarks(at)!.low,
    }));
    const rows = await database.run(
      "Cannot read consumer_progress",
      (client) => loadTopicProgress(client, group, starts),
      { shouldRetry: isCurrent },
    );
    const nextOf = new Map(rows.map((row) => [partitionKey(row), row.nextOffset]));
    // The partition's last owner may have stored more meanwhile: refetch watermarks that are older than the progress.
    if (led.some((at) => (nextOf.get(partitionKey(at)) ?? 0) > kafka.watermarks(at)!.high)) {
      kafka = await this.#topicFacts(topics);
    }
    if (!isCurrent()) return [];
    const decided = led.filter((at) => at.nextOffset === undefined && kafka.watermarks(at) !== undefined)
      .map((at) => ({ at, decision: decide(group, at, rows, kafka) }));
    await this.#adopt(decided, kafka, isCurrent);
    if (!isCurrent()) return [];
    for (const { at, decision } of decided) this.#startAt(at, decision, kafka.ids.get(at.topic));
    return partitions.filter((at) => at.nextOffset === undefined);
  }

  /** Stores the topic ids of partitions that have none. */
  async #adopt(
    decided: readonly { readonly at: PartitionState; readonly decision: Start }[],
    { ids }: TopicFacts,
    wanted: () => boolean,
  ): Promise<void> {
    const adopted = decided.filter(({ decision }) => decision.adopt)
      .map(({ at: { topic, partition } }) => ({ topic, partition, topicId: topicIdToUuid(ids.get(topic)!) }));
    if (adopted.length === 0) return;
    const { database, settings } = this.options;
    await database.run(
      "Cannot update consumer_progress",
      (client) => adoptTopicIds(client, settings.CONSUMER_GROUP_ID, adopted),
      { shouldRetry: wanted },
    );
  }

  #startAt(at: PartitionState, decision: Start, topicId: string | undefined): void {
    at.topicId = topicId;
    at.nextOffset = at.storedOffset = decision.kind === "seek" ? decision.offset : decision.from;
    if (decision.kind === "skip") this.#skipExpired(at, decision.from, decision.to);
    this.options.emit("resumed", { topic: at.topic, partition: at.partition, offset: at.nextOffset });
  }

  async #topicFacts(topics: readonly string[]): Promise<TopicFacts> {
    const { kafka: { cluster }, availability, settings } = this.options;
    const action = `Cannot read the offsets of ${topics.join(", ")}`;
    const facts = await retryUntilAvailable("Kafka", availability, this.#over.signal, async () => {
      try {
        const metadata = await fetchTopics(cluster, topics);
        return { metadata, watermarks: await fetchWatermarks(cluster, metadata) };
      } catch (error) {
        throw kafkaError(action, error, settings);
      }
    });
    if (facts === undefined) throw new CancelledError(action);
    return {
      ids: new Map(facts.metadata.map(({ name, id }) => [name, id])),
      watermarks: ({ topic, partition }) => facts.watermarks.get(topic)?.get(partition),
    };
  }

  /** @throws {PermanentError} if a topic that is fetched from was recreated */
  #checkTopics(metadata: readonly TopicMetadata[]): void {
    const ids = new Map(metadata.map(({ name, id }) => [name, id]));
    for (const { topic, topicId } of this.#assigned.values()) {
      if (topicId === undefined) continue;
      const storedId = topicIdToUuid(topicId);
      const group = this.options.settings.CONSUMER_GROUP_ID;
      const error = checkTopicId({ group, topic, storedId, otherIds: [], currentId: ids.get(topic) });
      if (error) throw error;
    }
  }

  /** Skips offsets deleted by retention: logs them, counts them as lost, and advances. */
  #skipExpired(at: PartitionState, from: number, low: number): void {
    const { topic, partition } = at;
    this.options.emit("lost", { topic, partition, from, to: low });
    this.#writer.add(emptySegment(at.builder.stream, partition, from, low));
    at.nextOffset = low;
  }

  #onMessages(at: PartitionState, messages: readonly KafkaMessage[]): void {
    const from = at.nextOffset!;
    const segment = this.#decode(at, from, messages);
    if (segment === undefined) return;
    const { to } = segment;
    this.options.emit("fetched", {
      topic: at.topic,
      partition: at.partition,
      records: segment.rowCount + segment.rejected.count,
      from,
      to,
    });
    at.nextOffset = to;
    this.#writer.add(segment);
  }

  /**
   * Decodes what was fetched from offset `from` on.
   *
   * @returns `undefined` when its first batch cannot be read for the first time: it is fetched again, since a bit can have flipped on
   * the way
   * @throws {PermanentError} when it cannot be read a second time
   */
  #decode(at: PartitionState, from: number, messages: readonly KafkaMessage[]): Segment | undefined {
    try {
      const batches = recordBatches(messages);
      return at.builder.build(at.partition, from, batches.at(-1)!.lastOffset + 1, batches);
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
      if (at.unreadable === from || error.isTooLarge) {
        throw unreadableBatch(at, this.options.settings.CONSUMER_GROUP_ID, from, error);
      }
      at.unreadable = from;
      return undefined;
    }
  }

  /**
   * The broker does not have the offset that comes next: records expired (skip), the topic was recreated (throw), or its leader is
   * behind (fetch again later).
   */
  async #onOutOfRange(at: PartitionState, isCurrent: () => boolean): Promise<void> {
    const { topic, partition, topicId } = at;
    const facts = await this.#topicFacts([topic]);
    const watermarks = facts.watermarks(at);
    if (!watermarks || !isCurrent()) return;
    const decision = orThrow(decideStart({
      group: this.options.settings.CONSUMER_GROUP_ID,
      topic,
      partition,
      nextOffset: at.nextOffset!,
      storedId: topicId === undefined ? undefined : topicIdToUuid(topicId),
      otherIds: [],
      currentId: facts.ids.get(topic),
      watermarks,
    }));
    if (decision.kind === "skip") this.#skipExpired(at, decision.from, decision.to);
  }
}

/** Where to start in a partition that can be read. */
type Start = Exclude<Decision, { kind: "fail" }>;

/** What Kafka says of some topics: their ids, and the watermarks of partitions whose leader answers. */
interface TopicFacts {
  readonly ids: ReadonlyMap<string, string | undefined>;
  readonly watermarks: (at: TopicPartition) => Watermarks | undefined;
}

/** Where a partition starts that was just assigned. @throws {PermanentError} if it cannot be read */
function decide(group: string, at: TopicPartition, rows: readonly ProgressRow[], kafka: TopicFacts) {
  const { topic, partition } = at;
  const row = rows.find((row) => row.topic === topic && row.partition === partition);
  return orThrow(decideStart({
    group,
    topic,
    partition,
    nextOffset: row?.nextOffset ?? 0,
    storedId: row?.topicId,
    otherIds: rows.flatMap(({ topic: other, topicId }) => other === topic && topicId ? [topicId] : []),
    currentId: kafka.ids.get(topic),
    watermarks: kafka.watermarks(at)!,
  }));
}

function orThrow(decision: Decision): Start {
  if (decision.kind === "fail") throw decision.error;
  return decision;
}
