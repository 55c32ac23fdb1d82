/**
 * Consumes the partitions that the group assigns: fetches and decodes records, and passes the segments to the writer.
 *
 * @module
 */
import type { KafkaMessage } from "kafkajs";
import type { BoundStream } from "../shared/codec/bound_stream.ts";
import { messageOf } from "../shared/errors.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { GroupCoordinator } from "../shared/kafka/group/coordinator.ts";
import type { Assignment } from "../shared/kafka/group/subscription.ts";
import { fetchPartitions } from "../shared/kafka/metadata.ts";
import type { KafkaSession } from "../shared/kafka/session.ts";
import { pause, waitAtMost } from "../shared/lifecycle.ts";
import type { Availability } from "../shared/observe/availability.ts";
import { partitionKey } from "../shared/schema/progress.ts";
import type { Settings } from "../shared/settings/table.ts";
import { emptySegment } from "./decode/segment.ts";
import { SegmentBuilders } from "./decode/segment_builders.ts";
import type { ConsumerEmit } from "./events.ts";
import { Fetcher } from "./fetcher.ts";
import { GroupMembership } from "./group/membership.ts";
import type { MonitoredConsumer } from "./partition_monitor.ts";
import { type PartitionPosition, PartitionState } from "./partition_state.ts";
import { type StartPosition, StartPositionLoader } from "./start_position_loader.ts";
import { CancelledError, type Database } from "./store/database.ts";
import type { WriteResult } from "./store/batch_store.ts";
import { Writer } from "./store/writer.ts";

/** What a consumer of a group works with. */
export interface GroupConsumerOptions {
  readonly kafka: Pick<KafkaSession, "cluster" | "openCluster">;
  readonly database: Database;
  readonly streams: readonly BoundStream[];
  readonly settings: Settings;
  readonly availability: Availability;
  readonly emit: ConsumerEmit;
}

/** How long a broker may wait for records before it answers a fetch without any. */
const FETCH_MAX_WAIT_MS = 500;
/** The same in a bounded run, which cannot end before its last fetch is answered. */
const BOUNDED_FETCH_MAX_WAIT_MS = 25;
/** How long the group waits for a member to rejoin, at least. */
const REBALANCE_TIMEOUT_MS = 60_000;
/** Bytes of one partition in a fetch response. */
const PARTITION_MAX_BYTES = 1_048_576;
/** Time until progress is loaded again for partitions that had no leader. */
const NO_LEADER_RETRY_MS = 1_000;
/** After this many failed attempts in a row to reach the coordinator Kafka counts as unavailable. */
const COORDINATOR_FAILURES_MAX = 5;
/** How long a stop waits for the last offset commit, and for LeaveGroup. */
const LEAVE_TIMEOUT_MS = 1_000;

/** A member of a consumer group. It runs until {@link stop}, or until {@link failed} rejects. */
export class GroupConsumer implements MonitoredConsumer {
  readonly #membership: GroupMembership;
  readonly #coordination;
  readonly #fetcher: Fetcher<PartitionState>;
  readonly #writer: Writer;
  readonly #starts: StartPositionLoader;
  readonly #builders: SegmentBuilders;
  #hasAddedColumns = true;
  readonly #failed = Promise.withResolvers<never>();
  #assigned: ReadonlyMap<string, PartitionState> = new Map();
  /** Aborted on stop; cancels all retries. */
  readonly #stopping = new AbortController();

  constructor(private readonly options: GroupConsumerOptions) {
    const { kafka, settings, streams, database, emit } = options;
    this.#builders = new SegmentBuilders(streams);
    // Connections of its own: the coordinator holds back the response of JoinGroup until the other members have joined.
    this.#coordination = kafka.openCluster();
    this.#membership = this.#createMembership();
    this.#writer = new Writer(database, {
      group: settings.CONSUMER_GROUP_ID,
      batchBytes: settings.CONSUMER_BATCH_BYTES,
      rejectStreakMax: settings.CONSUMER_REJECT_STREAK_MAX,
      emit,
      hasAddedColumns: () => this.#hasAddedColumns,
      isAlive: () => this.#membership.isAlive(),
      onResult: (result) => this.#onWriteResult(result),
    });
    this.#fetcher = this.#createFetcher();
    this.#starts = new StartPositionLoader(options, this.#stopping.signal);
    this.#failed.promise.catch(() => {});
    this.#writer.failed.catch((error) => this.#failed.reject(error));
    this.#fetcher.failed.catch((error) => this.#failed.reject(error));
  }

  #createMembership(): GroupMembership {
    const { kafka, settings, availability } = this.options;
    const sessionTimeoutMs = settings.CONSUMER_SESSION_TIMEOUT_MS;
    return new GroupMembership({
      coordinator: new GroupCoordinator(this.#coordination, settings.CONSUMER_GROUP_ID),
      topics: this.#builders.topics,
      sessionTimeoutMs,
      rebalanceTimeoutMs: Math.max(REBALANCE_TIMEOUT_MS, sessionTimeoutMs),
      heartbeatIntervalMs: Math.min(3_000, Math.floor(sessionTimeoutMs / 4)),
      fetchPartitions: (topics) => fetchPartitions(kafka.cluster, topics),
      onAssigned: (assignment, memberId) => this.#onAssigned(assignment, memberId),
      onRevoked: (reason) => this.#onRevoked(reason),
      onHeartbeat: () => availability.up("Kafka"),
      onRetry: (error, failures) => {
        if (failures > COORDINATOR_FAILURES_MAX) {
          this.#onKafkaFailure("Cannot reach the group's coordinator", error);
        }
      },
    });
  }

  #createFetcher(): Fetcher<PartitionState> {
    const { kafka, settings } = this.options;
    return new Fetcher<PartitionState>({
      cluster: kafka.cluster,
      maxBytes: settings.CONSUMER_FETCH_BYTES,
      partitionMaxBytes: Math.min(PARTITION_MAX_BYTES, settings.CONSUMER_FETCH_BYTES),
      maxWaitMs: settings.CONSUMER_UNTIL_CAUGHT_UP ? BOUNDED_FETCH_MAX_WAIT_MS : FETCH_MAX_WAIT_MS,
      read: {
        checkCrcs: settings.CONSUMER_CHECK_CRCS,
        decompressedBytesMax: settings.CONSUMER_DECOMPRESSED_BATCH_MAX_BYTES,
      },
      isAlive: () => this.#membership.isAlive(),
      onMessages: (state, messages) => this.#onMessages(state, messages),
      onOutOfRange: (state, isCurrent) => this.#onOutOfRange(state, isCurrent),
      onMetadata: (topics) => this.#starts.assertUnchanged(topics, this.#assigned.values()),
      waitForCapacity: () => this.#writer.waitForCapacity(settings.CONSUMER_BUFFER_BYTES),
      onRetry: (error) => this.#onKafkaFailure("Cannot fetch", error),
    });
  }

  /** Never resolves; rejects when consuming fails. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Positions of the assigned partitions whose progress is loaded. */
  get positions(): PartitionPosition[] {
    return [...this.#assigned.values()].flatMap(({ position }) => position ?? []);
  }

  resume(position: PartitionPosition, offset: number | undefined): void {
    const state = this.#unmoved(position);
    if (!state) return;
    if (offset === undefined) this.#reload();
    else state.seek(offset);
    this.#fetcher.wake();
  }

  skipExpired(position: PartitionPosition, to: number): void {
    const state = this.#unmoved(position);
    if (!state) return;
    this.#skipExpired(state, position.nextOffset, to);
    this.#fetcher.wake();
  }

  #unmoved(position: PartitionPosition): PartitionState | undefined {
    const state = this.#assigned.get(partitionKey(position));
    return state?.isAt(position) ? state : undefined;
  }

  /** Joins the group and consumes. */
  start(): void {
    this.#membership.run().catch((error) => this.#failed.reject(error));
  }

  /**
   * Stops fetching, stores what was fetched, and leaves the group.
   *
   * @param timeoutMs how long storing may take; the partition's next owner reads again what is not stored
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping.abort();
    this.#fetcher.stop();
    const failed = this.#writer.failed.catch(() => {});
    await waitAtMost(timeoutMs, Promise.race([this.#writer.drain(), failed]));
    if (this.#writer.bytes > 0) this.options.emit("shutdown_timed_out", { bytes: this.#writer.bytes });
    await waitAtMost(LEAVE_TIMEOUT_MS, this.commit());
    await waitAtMost(LEAVE_TIMEOUT_MS, this.#membership.leave());
    this.#coordination[Symbol.dispose]();
  }

  /** Commits the stored offsets to Kafka, for tools that show a group's lag. Nothing depends on this copy. Never throws. */
  async commit(): Promise<void> {
    if (this.#membership.state !== "stable") return;
    const offsets = [...this.#assigned.values()].flatMap((state) => {
      const { topic, partition } = state, offset = state.takeOffsetToCommit();
      return offset === undefined ? [] : [{ topic, partition, offset: String(offset) }];
    });
    if (offsets.length === 0) return;
    try {
      await this.#membership.commit(offsets);
    } catch (error) {
      const text = `Offset commit to Kafka failed: ${messageOf(error)}`;
      this.options.emit("offset_commit_failed", { text });
    }
  }

  #onKafkaFailure(action: string, error: unknown): void {
    const named = kafkaError(action, error, this.options.settings);
    if (named.name === "PermanentError") this.#failed.reject(named);
    else this.options.availability.down("Kafka", named, "connection");
  }

  /** Everything in memory is dropped. Consuming continues from the stored progress. */
  #onAssigned(assignment: Assignment, member: string): void {
    this.options.availability.up("Kafka");
    if (this.#stopping.signal.aborted) return;
    this.options.emit("partitions_assigned", { partitions: assignment, member });
    const partitions = Object.entries(assignment).flatMap(([topic, numbers]) =>
      numbers.map((partition) => new PartitionState(topic, partition, this.#builders.of(topic)))
    );
    this.#assigned = new Map(partitions.map((state) => [partitionKey(state), state]));
    this.#fetcher.start(partitions);
    this.#load(partitions);
  }

  /** Queued segments may still be stored: the fence protects what the partition's next owner stores. */
  #onRevoked(reason: string): void {
    this.options.emit("partitions_revoked", { reason });
    this.#fetcher.stop();
    this.#assigned = new Map();
  }

  #onWriteResult({ outcome, topic, partition, nextOffset }: WriteResult): void {
    const state = this.#assigned.get(partitionKey({ topic, partition }));
    if (!state) return;
    if (outcome === "stored") return state.markStored(nextOffset);
    if (nextOffset === undefined) this.#reload();
    else state.seek(nextOffset);
    if (state.countFence()) this.#membership.rejoin(`another consumer stores ${partitionKey(state)}`);
  }

  /** The tables' columns were read again. If their types have changed, queued rows are dropped and their records decoded again. */
  bind(streams: readonly BoundStream[], hasAddedColumns: boolean): void {
    this.#hasAddedColumns = hasAddedColumns;
    const tables = this.#builders.bind(streams);
    if (tables.length === 0) return;
    this.options.emit("columns_changed", { tables });
    this.#reload();
  }

  /** Loads the progress of all partitions again, since rows were deleted or dropped. */
  #reload(): void {
    const partitions = [...this.#assigned.values()];
    for (const state of partitions) state.seek(undefined);
    this.#load(partitions);
  }

  /** Loads progress in the background, repeatedly for partitions without a leader. */
  #load(partitions: readonly PartitionState[]): void {
    const { signal } = this.#stopping;
    const isAssigned = (state: PartitionState) => this.#assigned.get(partitionKey(state)) === state;
    const load = async () => {
      await this.#writer.reset();
      for (let left = partitions; left.length > 0;) {
        for (const start of await this.#starts.load(left, isAssigned)) this.#startAt(start);
        this.#fetcher.wake();
        left = left.filter((state) => isAssigned(state) && state.nextOffset === undefined);
        if (left.length > 0) await pause(NO_LEADER_RETRY_MS, signal);
        if (signal.aborted) return;
      }
    };
    load().catch((error) => {
      if (!(error instanceof CancelledError)) this.#failed.reject(error);
    });
  }

  #startAt({ state, start, topicId }: StartPosition): void {
    const { topic, partition } = state;
    state.topicId = topicId;
    state.seek(start.kind === "seek" ? start.offset : start.from);
    if (start.kind === "skip") this.#skipExpired(state, start.from, start.to);
    this.options.emit("partition_resumed", { topic, partition, offset: state.nextOffset! });
  }

  /** Skips offsets deleted by retention: logs them, counts them as lost, and advances. */
  #skipExpired(state: PartitionState, from: number, to: number): void {
    const { topic, partition, builder: { stream } } = state;
    this.options.emit("records_lost", { topic, partition, from, to });
    this.#writer.add(emptySegment(stream, partition, from, to));
    state.skipTo(to);
  }

  #onMessages(state: PartitionState, messages: readonly KafkaMessage[]): void {
    const segment = state.decode(messages, this.options.settings.CONSUMER_GROUP_ID);
    if (segment === undefined) return;
    const { topic, partition } = state, { from, to } = segment;
    const records = segment.rowCount + segment.rejected.count;
    this.options.emit("records_fetched", { topic, partition, records, from, to });
    this.#writer.add(segment);
  }

  /** Skips expired records, or fetches again later if the partition's leader is behind. */
  async #onOutOfRange(state: PartitionState, isCurrent: () => boolean): Promise<void> {
    const start = await this.#starts.decideAgain(state, isCurrent);
    if (start?.kind === "skip") this.#skipExpired(state, start.from, start.to);
  }
}
