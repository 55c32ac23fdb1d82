/**
 * Fetches record batches of assigned partitions, with one loop for each broker that leads some of them.
 *
 * @see Kafka's org.apache.kafka.clients.consumer.internals.AbstractFetch and FetchCollector
 * @module
 */
import type { KafkaMessage } from "kafkajs";
import { createErrorFromCode } from "kafkajs/src/protocol/error.js";
import { PermanentError } from "../shared/errors.ts";
import type { KafkaCluster } from "../shared/kafka/cluster.ts";
import { isTransientKafka } from "../shared/kafka/errors.ts";
import { fetchRequest, type FetchResponse, type FetchTopic } from "../shared/kafka/fetch/fetch_request.ts";
import { errorName, fetchTopics, type TopicMetadata } from "../shared/kafka/metadata.ts";
import type { ReadOptions } from "../shared/kafka/records/read_record_batches.ts";
import { backoffMs, pause } from "../shared/lifecycle.ts";
import { partitionKey, type TopicPartition } from "../shared/schema/progress.ts";

/** A partition to fetch from. */
export interface FetchPosition extends TopicPartition {
  /** The offset to fetch next; `undefined` while nothing is to be fetched. */
  readonly nextOffset: number | undefined;
  /** The id of the topic that `next` belongs to, as Kafka prints it; `undefined` if it is unknown. */
  readonly topicId?: string | undefined;
}

/** What a fetcher works with and whom it gives what it fetched. */
export interface FetcherOptions<P extends FetchPosition> {
  readonly cluster: KafkaCluster;
  /** Bytes of a response, and of each partition in it; a larger batch is sent whole. */
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
  /** Milliseconds for which a broker may wait for records. */
  readonly maxWaitMs: number;
  /** Whether the membership is valid at this moment. */
  readonly isAlive: () => boolean;
  readonly read: ReadOptions;
  /** Takes what was fetched at `next`, at least one message for a record batch, and moves `next` on. */
  readonly onMessages: (at: P, messages: readonly KafkaMessage[]) => void;
  /** The broker has no offset `next`: the caller moves it, or throws. */
  readonly onOutOfRange: (at: P, isCurrent: () => boolean) => Promise<void>;
  /** Takes the topics' metadata before it is used to fetch; throws if they are not the topics they were. */
  readonly onMetadata?: (metadata: readonly TopicMetadata[]) => void;
  /** Resolves when more may be fetched. */
  readonly waitForCapacity: () => Promise<void>;
  /** A transient failure. */
  readonly onRetry: (error: unknown) => void;
}

/** Milliseconds after which leaders are looked up again, also without an error; and when a partition has none. */
const METADATA_MAX_AGE_MS = 30_000, NO_LEADER_MS = 250;
/** Milliseconds between attempts with a broker or a partition that failed. */
const RETRY_MS = 100, RETRY_MS_MAX = 1_000;

/** Errors of a partition that pass when its leader is looked up again. */
const MOVED = [
  "UNKNOWN_TOPIC_OR_PARTITION",
  "LEADER_NOT_AVAILABLE",
  "NOT_LEADER_FOR_PARTITION",
  "REPLICA_NOT_AVAILABLE",
  "KAFKA_STORAGE_ERROR",
  "FENCED_LEADER_EPOCH",
  "UNKNOWN_LEADER_EPOCH",
  "OFFSET_NOT_AVAILABLE",
  "UNKNOWN",
];

/** What belongs to one assignment. */
class Run<P extends FetchPosition> {
  readonly over = new AbortController();
  /** Leaders by partition, as of the last metadata. */
  leaders = new Map<string, number>();
  readonly loops = new Set<number>();
  /** When a partition that failed may be fetched again. */
  readonly retryAt = new Map<string, number>();
  failures = 0;
  constructor(readonly partitions: readonly P[]) {}

  get isOver(): boolean {
    return this.over.signal.aborted;
  }

  /** The partitions that a broker leads. */
  of(node: number): P[] {
    return this.partitions.filter((at) => this.leaders.get(partitionKey(at)) === node);
  }
}

/** Fetches for one assignment after another. */
export class Fetcher<P extends FetchPosition> {
  readonly #failed = Promise.withResolvers<never>();
  #run: Run<P> | undefined;
  /** Resolves at the next {@link wake}. */
  #woken = Promise.withResolvers<void>();
  /** The request in flight to each broker: kafkajs' connection for Fetch is not to be opened twice. */
  readonly #inFlight = new Map<number, Promise<void>>();
  /** Rotates the partitions of a request, since the first ones may use up its bytes. */
  #turn = 0;

  constructor(private readonly options: FetcherOptions<P>) {
    this.#failed.promise.catch(() => {});
  }

  /** Never resolves; rejects with an error that does not pass by itself. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Fetches from these partitions, as soon as they have a position, and from no others. */
  start(partitions: readonly P[]): void {
    this.stop();
    if (partitions.length === 0) return;
    const run = this.#run = new Run(partitions);
    this.#supervise(run).catch((error) => this.#fail(run, error));
  }

  /** Ends fetching. Responses that are still to come are dropped. */
  stop(): void {
    this.#run?.over.abort();
    this.#run = undefined;
    this.wake();
  }

  /** To be called when a position changed from `undefined`. */
  wake(): void {
    this.#woken.resolve();
    this.#woken = Promise.withResolvers();
  }

  #fail(run: Run<P>, error: unknown): void {
    if (!run.isOver) this.#failed.reject(error);
  }

  /** Keeps the leaders up to date, and a loop for each of them. */
  async #supervise(run: Run<P>): Promise<void> {
    const topics = [...new Set(run.partitions.map(({ topic }) => topic))];
    const { signal } = run.over;
    while (!run.isOver) {
      try {
        const metadata = await fetchTopics(this.options.cluster, topics);
        if (run.isOver) return;
        this.options.onMetadata?.(metadata);
        run.failures = 0;
        run.leaders = new Map(
          metadata.flatMap(({ name, partitions }) =>
            partitions.flatMap(({ partition, leader }) =>
              leader === undefined ? [] : [[partitionKey({ topic: name, partition }), leader] as const]
            )
          ),
        );
        for (const node of new Set(run.leaders.values())) this.#startLoop(run, node);
      } catch (error) {
        if (!isTransientKafka(error)) throw error;
        this.options.onRetry(error);
        await pause(backoffMs(run.failures++, RETRY_MS, RETRY_MS_MAX), signal);
        continue;
      }
      const hasAll = () => run.partitions.every((at) => run.leaders.has(partitionKey(at)));
      for (let waited = 0; !run.isOver && waited < METADATA_MAX_AGE_MS; waited += NO_LEADER_MS) {
        await pause(NO_LEADER_MS, signal);
        // A loop that failed removes its partitions from the leaders.
        if (!hasAll()) break;
      }
    }
  }

  #startLoop(run: Run<P>, node: number): void {
    if (run.isOver || run.loops.has(node) || run.of(node).length === 0) return;
    run.loops.add(node);
    this.#loop(run, node).then(() => {
      run.loops.delete(node);
      // Metadata may have named the broker as a leader again before its loop had ended.
      this.#startLoop(run, node);
    }, (error) => this.#fail(run, error));
  }

  async #loop(run: Run<P>, node: number): Promise<void> {
    while (!run.isOver) {
      const led = run.of(node);
      if (led.length === 0) return;
      const now = performance.now();
      const ready = led.filter((at) =>
        at.nextOffset !== undefined && (run.retryAt.get(partitionKey(at)) ?? 0) <= now
      );
      if (ready.length === 0 || !this.options.isAlive()) {
        await Promise.race([this.#woken.promise, pause(RETRY_MS, run.over.signal)]);
        continue;
      }
      const offsets = new Map(ready.map((at) => [partitionKey(at), at.nextOffset!]));
      let response: FetchResponse;
      try {
        response = await this.#fetch(node, ready, run);
      } catch (error) {
        if (run.isOver) return;
        if (error instanceof PermanentError || !isTransientKafka(error)) throw error;
        this.options.onRetry(error);
        for (const at of led) run.leaders.delete(partitionKey(at));
        return await pause(RETRY_MS, run.over.signal);
      }
      await this.#handOver(run, response, ready, offsets);
      if (!run.isOver) await this.options.waitForCapacity();
    }
  }

  async #fetch(node: number, ready: readonly P[], run: Run<P>): Promise<FetchResponse> {
    const { cluster, maxBytes, maxWaitMs, partitionMaxBytes } = this.options;
    await this.#inFlight.get(node);
    if (run.isOver) return { responses: [] };
    const first = this.#turn++ % ready.length;
    const topics: (FetchTopic & { partitions: FetchTopic["partitions"][number][] })[] = [];
    for (
      const { topic, partition, nextOffset: next, topicId } of [
        ...ready.slice(first),
        ...ready.slice(0, first),
      ]
    ) {
      if (topics.at(-1)?.topic !== topic) topics.push({ topic, topicId, partitions: [] });
      topics.at(-1)!.partitions.push({ partition, fetchOffset: next!, maxBytes: partitionMaxBytes });
    }
    const broker = await cluster.node(node);
    const fields = { maxWaitTime: maxWaitMs, minBytes: 1, maxBytes, topics };
    const sent = broker.send<FetchResponse>(fetchRequest(broker, fields, this.options.read));
    // Without its response, whose memory would be kept until the next one.
    this.#inFlight.set(node, sent.then(() => {}, () => {}));
    try {
      return await sent;
    } catch (error) {
      cluster.drop(broker);
      throw error;
    }
  }

  /** Gives the caller what came, unless the assignment has ended or the partition was moved elsewhere meanwhile. */
  async #handOver(
    run: Run<P>,
    { responses }: FetchResponse,
    ready: readonly P[],
    offsets: ReadonlyMap<string, number>,
  ): Promise<void> {
    const byKey = new Map(ready.map((at) => [partitionKey(at), at]));
    for (const { topicName: topic, partitions } of responses) {
      for (const { partition, errorCode, messages } of partitions) {
        const key = partitionKey({ topic, partition });
        const at = byKey.get(key);
        const isCurrent = () => !run.isOver && at?.nextOffset === offsets.get(key) && this.options.isAlive();
        if (!at || !isCurrent()) continue;
        if (errorCode !== 0) await this.#afterError(run, at, errorCode, isCurrent);
        else if (messages.length > 0) this.options.onMessages(at, messages);
      }
    }
  }

  /** @throws the error of a partition that does not pass by itself */
  async #afterError(run: Run<P>, at: P, errorCode: number, isCurrent: () => boolean): Promise<void> {
    const name = errorName(errorCode) ?? "UNKNOWN";
    run.retryAt.set(partitionKey(at), performance.now() + RETRY_MS_MAX);
    if (name === "OFFSET_OUT_OF_RANGE") {
      const { nextOffset: next } = at;
      await this.options.onOutOfRange(at, isCurrent);
      if (at.nextOffset !== next) run.retryAt.delete(partitionKey(at));
    } else if (MOVED.includes(name)) run.leaders.delete(partitionKey(at));
    else if (name === "CORRUPT_MESSAGE") throw corrupt(at);
    else throw createErrorFromCode(errorCode);
  }
}

function corrupt({ topic, partition, nextOffset: next }: FetchPosition): PermanentError {
  return new PermanentError(
    {
      action: `The broker cannot read topic "${topic}", partition ${partition}, at offset ${next}`,
      code: "CORRUPT_MESSAGE",
      cause: "the record batch is corrupt",
      remedy:
        "Restore the partition from another replica, or delete the records up to there with kafka-delete-records.",
    },
  );
}
