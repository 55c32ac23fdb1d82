/**
 * One membership in the consumer group, from joining to leaving: fetch, decode, hand over to the writer.
 *
 * @module
 */
import type { Admin, Batch, Consumer, EachBatchPayload, Kafka } from "kafkajs";
import { PermanentError } from "../shared/errors.ts";
import { pause } from "../shared/lifecycle.ts";
import { RETRIES, RETRY } from "../shared/kafka/connection.ts";
import { followCoordinator } from "../shared/kafka/coordinator.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import { CorruptBatchError } from "../shared/kafka/corrupt_batch.ts";
import { fetchRecordBatches, recordBatches } from "../shared/kafka/fetch.ts";
import { topicEnds } from "../shared/kafka/topic.ts";
import type { Availability } from "../shared/observe/availability.ts";
import type { Tell } from "../shared/observe/events.ts";
import { untilItWorks } from "../shared/retry.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import { AbandonedError, type Database } from "./database.ts";
import type { EVENTS } from "./events.ts";
import { keyOf, loadProgress, recreated, standing, type TopicPartition } from "./progress.ts";
import { emptySegment, type Segment, SegmentBuilder } from "./segment.ts";
import { unreadableBatch } from "./unreadable_batch.ts";
import { Writer } from "./writer.ts";

/** What a membership works with. */
export interface MembershipOptions {
  readonly kafka: Kafka;
  readonly admin: Admin;
  readonly database: Database;
  readonly streams: readonly Stream[];
  readonly settings: Settings;
  readonly availability: Availability;
  readonly tell: Tell<typeof EVENTS>;
}

/** A partition that the group gave to this consumer. */
interface Assigned extends TopicPartition {
  readonly builder: SegmentBuilder;
  /** The offset that the next segment begins at; `undefined` until progress is loaded. */
  next: number | undefined;
  /** The offset up to which all is stored. */
  stored: number | undefined;
  /** The offset of the batch that waits for progress to be loaded. */
  waiting: number | undefined;
  /** The offset at which a batch could not be read. */
  unreadable: number | undefined;
  /** Resolves when progress is loaded. */
  loaded: Promise<void>;
}

/** Milliseconds that a broker may wait for records before it answers a fetch with none. */
const FETCH_WAIT_MS = 500;
/** The same where the consumer ends by itself: any fetch may be its last, and it ends no sooner than that. */
const BOUNDED_FETCH_WAIT_MS = 25;

/** A consumer of a group. It ends by {@link stop}, or by `failed`. */
export class Membership {
  readonly #consumer: Consumer;
  readonly #writer: Writer;
  readonly #builders: ReadonlyMap<string, SegmentBuilder>;
  readonly #failed = Promise.withResolvers<never>();
  #assigned = new Map<string, Assigned>();
  #stopping = false;
  /** Aborts when nothing is to be waited for any more. */
  readonly #over = new AbortController();
  /** Kafka's copy of the progress, to be told at the next commit. */
  #uncommitted = new Map<string, TopicPartition & { readonly offset: string }>();

  constructor(private readonly options: MembershipOptions) {
    const { kafka, settings, streams, database, tell } = options;
    fetchRecordBatches({
      checkCrcs: settings.CONSUMER_CHECK_CRCS,
      inflatedBytesMax: settings.CONSUMER_BATCH_INFLATED_BYTES_MAX,
    });
    followCoordinator();
    this.#builders = new Map(
      streams.map((stream) => [stream.topic, new SegmentBuilder(stream)]),
    );
    this.#writer = new Writer(database, {
      group: settings.CONSUMER_GROUP_ID,
      batchBytes: settings.CONSUMER_BATCH_BYTES,
      tell,
      onStored: (at, next) => this.#onStored(at, next),
      onFenced: (at, next) => this.#onFenced(at, next),
    });
    this.#consumer = kafka.consumer({
      groupId: settings.CONSUMER_GROUP_ID,
      sessionTimeout: settings.CONSUMER_SESSION_TIMEOUT_MS,
      rebalanceTimeout: Math.max(60_000, settings.CONSUMER_SESSION_TIMEOUT_MS),
      heartbeatInterval: Math.min(3_000, Math.floor(settings.CONSUMER_SESSION_TIMEOUT_MS / 4)),
      maxBytes: settings.CONSUMER_FETCH_BYTES,
      maxBytesPerPartition: Math.min(1_048_576, settings.CONSUMER_FETCH_BYTES),
      maxWaitTimeInMs: settings.CONSUMER_UNTIL_CAUGHT_UP ? BOUNDED_FETCH_WAIT_MS : FETCH_WAIT_MS,
      // A topic that somebody deletes while it is read is not to come back by itself.
      allowAutoTopicCreation: false,
      metadataMaxAge: 30_000,
      // Starting again is the service's business: it tells a server that is away from a fault.
      retry: { ...RETRY, retries: RETRIES.many, restartOnFailure: () => Promise.resolve(false) },
    });
    this.#failed.promise.catch(() => {});
    this.#writer.failed.catch((error) => this.#failed.reject(error));
    const { CRASH, GROUP_JOIN, HEARTBEAT } = this.#consumer.events;
    this.#consumer.on(CRASH, ({ payload }) => this.#failed.reject(payload.error));
    this.#consumer.on(HEARTBEAT, () => options.availability.up("Kafka"));
    this.#consumer.on(
      GROUP_JOIN,
      ({ payload }) => this.#onAssigned(payload.memberAssignment, payload.memberId),
    );
  }

  /** Never resolves; rejects when the membership is over and was not stopped. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Partitions that are held, with the offset up to which all is stored. */
  get positions(): (TopicPartition & { readonly stored: number })[] {
    return [...this.#assigned.values()].flatMap(({ topic, partition, stored }) =>
      stored === undefined ? [] : [{ topic, partition, stored }]
    );
  }

  /** Joins the group and consumes. */
  async start(): Promise<void> {
    await this.#consumer.connect();
    await this.#consumer.subscribe({ topics: [...this.#builders.keys()], fromBeginning: true });
    await this.#consumer.run({
      autoCommit: false,
      eachBatch: (payload) => this.#onBatch(payload),
    });
  }

  /**
   * Stops fetching, stores what is in hand, and leaves the group.
   *
   * @param timeoutMs how long storing may take; what is not stored then is read again by whoever comes next
   */
  async stop(timeoutMs: number): Promise<void> {
    this.#stopping = true;
    this.#over.abort();
    const timeout = pause(timeoutMs);
    await Promise.race([this.#writer.idle(), this.#writer.failed.catch(() => {}), timeout]);
    if (this.#writer.bytes > 0) this.options.tell("undrained", { bytes: this.#writer.bytes });
    // Kafka's copy of the progress is worth a second, and no more.
    await Promise.race([this.commit(), pause(1_000)]);
    // kafkajs waits for its fetch; it must not wait for a broker that is away.
    await Promise.race([this.#consumer.disconnect().catch(() => {}), pause(2_000)]);
  }

  /** Tells Kafka how far records are stored, for tools that show a group's lag. Nothing depends on it. */
  async commit(): Promise<void> {
    const offsets = [...this.#uncommitted.values()];
    if (offsets.length === 0) return;
    this.#uncommitted = new Map();
    try {
      await this.#consumer.commitOffsets(offsets);
    } catch (error) {
      this.options.tell("group_left", {
        text: `Kafka did not take the copy of the progress: ${(error as Error).message}`,
      });
    }
  }

  #onStored({ topic, partition }: TopicPartition, next: number): void {
    const at = this.#assigned.get(keyOf({ topic, partition }));
    if (!at) return;
    at.stored = next;
    this.#uncommitted.set(keyOf(at), { topic, partition, offset: String(next) });
  }

  /** The group shared out its partitions: everything in memory is let go, and read again from what is stored. */
  #onAssigned(partitions: Readonly<Record<string, readonly number[]>>, member: string): void {
    this.options.availability.up("Kafka");
    this.options.tell("assigned", { partitions, member });
    this.#uncommitted = new Map();
    const loading = Promise.withResolvers<void>();
    this.#assigned = new Map(
      Object.entries(partitions).flatMap(([topic, list]) =>
        list.map((partition) => {
          const builder = this.#builders.get(topic)!;
          const at = {
            topic,
            partition,
            builder,
            next: undefined,
            stored: undefined,
            waiting: undefined,
            unreadable: undefined,
            loaded: loading.promise,
          };
          return [keyOf(at), at] as const;
        })
      ),
    );
    this.#load([...this.#assigned.values()]).then(loading.resolve, (error) => {
      loading.resolve();
      if (!(error instanceof AbandonedError)) this.#failed.reject(error);
    });
  }

  /** Another consumer stored what we wanted to: go on where it is now. */
  #onFenced(at: TopicPartition, next: number | undefined): void {
    const assigned = this.#assigned.get(keyOf(at));
    if (!assigned) return;
    assigned.next = next;
    assigned.stored = next;
    if (next === undefined) this.#onAssigned(this.#partitionsByTopic(), "");
    else this.#seek(assigned, next);
  }

  #partitionsByTopic(): Record<string, number[]> {
    const result: Record<string, number[]> = {};
    for (const { topic, partition } of this.#assigned.values()) (result[topic] ??= []).push(partition);
    return result;
  }

  #seek({ topic, partition }: TopicPartition, offset: number): void {
    this.#consumer.seek({ topic, partition, offset: String(offset) });
  }

  /** Loads the progress of newly assigned partitions, holds it against their topics, and moves kafkajs there. */
  async #load(partitions: readonly Assigned[]): Promise<void> {
    await this.#writer.reset();
    const ends = new Map<string, Awaited<ReturnType<typeof topicEnds>>>();
    for (const topic of new Set(partitions.map(({ topic }) => topic))) {
      ends.set(topic, await this.#ends(topic));
    }
    const starts = partitions.map(({ topic, partition }) => ({
      topic,
      partition,
      start: ends.get(topic)?.get(partition)?.low ?? 0,
    }));
    const isCurrent = () => partitions.every((at) => this.#assigned.get(keyOf(at)) === at);
    const progress = await this.options.database.run(
      "Cannot read consumer_progress",
      (client) => loadProgress(client, this.options.settings.CONSUMER_GROUP_ID, starts),
      { wanted: isCurrent },
    );
    // Whoever held a partition before may have gone on meanwhile: progress is not to be held against ends that are older than it.
    const isAhead = ({ topic, partition }: TopicPartition) =>
      (progress.get(keyOf({ topic, partition })) ?? 0) > (ends.get(topic)?.get(partition)?.high ?? Infinity);
    for (const topic of new Set(partitions.filter(isAhead).map(({ topic }) => topic))) {
      ends.set(topic, await this.#ends(topic));
    }
    if (!isCurrent()) return;
    for (const at of partitions) {
      const next = progress.get(keyOf(at)) ?? 0;
      const end = ends.get(at.topic)?.get(at.partition);
      at.next = next;
      at.stored = next;
      const stands = end === undefined ? { kind: "readable" as const } : standing(at, next, end);
      if (stands.kind === "expired") this.#skipExpired(at, next, stands.low);
      this.options.tell("resumed", { topic: at.topic, partition: at.partition, offset: at.next });
      if (at.waiting !== at.next) this.#seek(at, at.next);
    }
  }

  async #ends(topic: string): ReturnType<typeof topicEnds> {
    const { admin, availability, settings } = this.options;
    const ends = await untilItWorks("Kafka", availability, this.#over.signal, async () => {
      try {
        return await topicEnds(admin, topic);
      } catch (error) {
        throw kafkaError(`Cannot read the offsets of topic ${topic}`, error, settings);
      }
    });
    if (ends === undefined) throw new AbandonedError(`read the offsets of topic ${topic}`);
    return ends;
  }

  /** Records expired before they were read: counted, said, and passed over. */
  #skipExpired(at: Assigned, from: number, low: number): void {
    const { topic, partition } = at;
    this.options.tell("lost", { topic, partition, from, to: low });
    this.#writer.add(emptySegment(at.builder.stream, partition, from, low));
    at.next = low;
  }

  async #onBatch(payload: EachBatchPayload): Promise<void> {
    try {
      await this.#take(payload);
    } catch (error) {
      // kafkajs would try it again, and name it after its own giving up.
      if (error instanceof PermanentError) this.#failed.reject(error);
      throw error;
    }
  }

  async #take({ batch, heartbeat, isRunning, isStale }: EachBatchPayload): Promise<void> {
    const at = this.#assigned.get(keyOf(batch));
    if (!at || this.#stopping) return;
    const fetched = Number((batch as Batch & { fetchedOffset: string }).fetchedOffset);
    // The assignment may change while something is waited for, or a fence may move us.
    const isOurs = () =>
      at === this.#assigned.get(keyOf(batch)) && !this.#stopping && isRunning() && !isStale();
    if (at.next === undefined) {
      at.waiting = fetched;
      await this.#meanwhile(at.loaded, heartbeat);
    }
    if (at.next === undefined || !isOurs()) return;
    if (fetched !== at.next) {
      await this.#meanwhile(this.#reconcile(at, fetched, isOurs), heartbeat);
      if (fetched !== at.next || !isOurs()) return;
    }

    const to = Number(batch.lastOffset()) + 1;
    const segment = this.#decode(at, at.next, to, batch.messages);
    if (segment === undefined) return;
    this.options.tell("fetched", {
      topic: at.topic,
      partition: at.partition,
      records: segment.rowCount + segment.rejected.count,
      from: at.next,
      to: segment.to,
    });
    at.next = segment.to;
    if (segment.to < to) this.#seek(at, segment.to);
    this.#writer.add(segment);
    const most = this.options.settings.CONSUMER_BUFFER_BYTES;
    if (this.#writer.bytes > most) await this.#meanwhile(this.#writer.below(most), heartbeat);
  }

  /**
   * Decodes what was fetched from offset `from` on.
   *
   * @returns `undefined` when its first batch cannot be read for the first time: it is fetched again, since a bit can have flipped on
   * the way
   * @throws {PermanentError} when it cannot be read a second time
   */
  #decode(at: Assigned, from: number, to: number, messages: Batch["messages"]): Segment | undefined {
    try {
      return at.builder.build(at.partition, from, to, recordBatches(messages));
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
      if (at.unreadable === from || error.isTooLarge) {
        throw unreadableBatch(at, this.options.settings.CONSUMER_GROUP_ID, from, error);
      }
      at.unreadable = from;
      this.#seek(at, from);
      return undefined;
    }
  }

  /**
   * kafkajs fetched from another place than the one it was sent to. It does so of its own accord only when the broker has said that
   * the offset is out of range: records expired, or the topic is not the one it was.
   *
   * Where the batch can be used all the same, it begins at `next` then.
   *
   * @throws {PermanentError} where it is not
   */
  async #reconcile(at: Assigned, fetched: number, isOurs: () => boolean): Promise<void> {
    const ends = await this.#ends(at.topic);
    const next = at.next;
    if (next === undefined || !isOurs()) return;
    const end = ends.get(at.partition);
    if (end && standing(at, next, end).kind === "expired") {
      if (fetched >= end.low) this.#skipExpired(at, next, fetched);
      return;
    }
    if (fetched < next) throw recreated(at, next, `was out of range at offset ${next}`);
    // Ahead of us with nothing expired: a position left from an earlier assignment.
    this.#seek(at, next);
  }

  /** Waits for something while the group hears from us. */
  async #meanwhile(something: Promise<void>, heartbeat: () => Promise<void>): Promise<void> {
    let done = false;
    const finished = something.then(() => {
      done = true;
    });
    // Heard below, unless it is not waited for any more.
    finished.catch(() => {});
    while (!done && !this.#stopping) {
      await Promise.race([finished, pause(500)]);
      await heartbeat();
    }
  }
}
