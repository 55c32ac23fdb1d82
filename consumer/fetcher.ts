/**
 * Fetches record batches of the assigned partitions, with one loop per broker that leads some of them.
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
  /** The offset to fetch; `undefined`: the partition is not fetched yet. */
  readonly nextOffset: number | undefined;
  /** The id of the topic that `nextOffset` belongs to, as Kafka prints it; `undefined` if it is unknown. */
  readonly topicId?: string | undefined;
}

export interface FetcherOptions<P extends FetchPosition> {
  readonly cluster: KafkaCluster;
  /** Limits of a response and of each partition in it. The broker sends a larger first batch whole. */
  readonly maxBytes: number;
  readonly partitionMaxBytes: number;
  /** How long a broker may wait for records. */
  readonly maxWaitMs: number;
  /** Whether the membership is valid at this moment. */
  readonly isAlive: () => boolean;
  readonly read: ReadOptions;
  /** Called with the messages at `nextOffset`, one per record batch. It must advance `nextOffset`. */
  readonly onMessages: (position: P, messages: readonly KafkaMessage[]) => void;
  /** The broker does not have `nextOffset`. Moves it, or throws. */
  readonly onOutOfRange: (position: P, isCurrent: () => boolean) => Promise<void>;
  /** Called before metadata is used; throws if a topic was recreated. */
  readonly onMetadata?: (metadata: readonly TopicMetadata[]) => void;
  /** Resolves when the buffer has room for more records. */
  readonly waitForCapacity: () => Promise<void>;
  /** A transient failure. */
  readonly onRetry: (error: unknown) => void;
}

/** Interval of fetching metadata. */
const METADATA_MAX_AGE_MS = 30_000;
/** The same while a partition has no leader. */
const NO_LEADER_INTERVAL_MS = 250;
/** Backoff after an error of a broker or a partition. */
const RETRY_MS = 100, RETRY_MAX_MS = 1_000;

/** Errors of a partition after which its leader is looked up again. */
const STALE_LEADER_ERRORS = [
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

/** Fetching one assignment. */
class Run<P extends FetchPosition> {
  readonly over = new AbortController();
  /** Leaders by partition, from the last metadata. */
  leaders = new Map<string, number>();
  /** Brokers that have a loop. */
  readonly loops = new Set<number>();
  /** When to fetch a partition again after an error, by partition. */
  readonly retryAt = new Map<string, number>();
  failures = 0;
  constructor(readonly partitions: readonly P[]) {}

  get isOver(): boolean {
    return this.over.signal.aborted;
  }

  /** The partitions that a broker leads. */
  ledBy(node: number): P[] {
    return this.partitions.filter((position) => this.leaders.get(partitionKey(position)) === node);
  }
}

/** Fetches the current assignment. */
export class Fetcher<P extends FetchPosition> {
  readonly #failed = Promise.withResolvers<never>();
  #run: Run<P> | undefined;
  /** Resolves at the next {@link wake}. */
  #woken = Promise.withResolvers<void>();
  /** The request in flight to each broker. A second one would make kafkajs open a second connection for Fetch. */
  readonly #inFlight = new Map<number, Promise<void>>();
  /** Rotates the partitions of a request, since the first ones may use up `maxBytes`. */
  #turn = 0;

  constructor(private readonly options: FetcherOptions<P>) {
    this.#failed.promise.catch(() => {});
  }

  /** Never resolves; rejects with an error that retrying does not solve. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Fetches these partitions and no others, each as soon as it has a position. */
  start(partitions: readonly P[]): void {
    this.stop();
    if (partitions.length === 0) return;
    const run = this.#run = new Run(partitions);
    this.#supervise(run).catch((error) => this.#fail(run, error));
  }

  /** Stops fetching. Responses in flight are dropped. */
  stop(): void {
    this.#run?.over.abort();
    this.#run = undefined;
    this.wake();
  }

  /** Call it when a partition got a position. */
  wake(): void {
    this.#woken.resolve();
    this.#woken = Promise.withResolvers();
  }

  #fail(run: Run<P>, error: unknown): void {
    if (!run.isOver) this.#failed.reject(error);
  }

  /** Updates the leaders and starts a loop for each of them. */
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
        await pause(backoffMs(run.failures++, RETRY_MS, RETRY_MAX_MS), signal);
        continue;
      }
      const hasAll = () => run.partitions.every((position) => run.leaders.has(partitionKey(position)));
      for (let waited = 0; !run.isOver && waited < METADATA_MAX_AGE_MS; waited += NO_LEADER_INTERVAL_MS) {
        await pause(NO_LEADER_INTERVAL_MS, signal);
        // A loop removes its partitions from the leaders when its broker fails.
        if (!hasAll()) break;
      }
    }
  }

  #startLoop(run: Run<P>, node: number): void {
    if (run.isOver || run.loops.has(node) || run.ledBy(node).length === 0) return;
    run.loops.add(node);
    this.#loop(run, node).then(() => {
      run.loops.delete(node);
      // New metadata may name the broker as a leader before its previous loop has ended.
      this.#startLoop(run, node);
    }, (error) => this.#fail(run, error));
  }

  async #loop(run: Run<P>, node: number): Promise<void> {
    while (!run.isOver) {
      const led = run.ledBy(node);
      if (led.length === 0) return;
      const now = performance.now();
      const ready = led.filter((position) =>
        position.nextOffset !== undefined && (run.retryAt.get(partitionKey(position)) ?? 0) <= now
      );
      if (ready.length === 0 || !this.options.isAlive()) {
        await Promise.race([this.#woken.promise, pause(RETRY_MS, run.over.signal)]);
        continue;
      }
      const offsets = new Map(ready.map((position) => [partitionKey(position), position.nextOffset!]));
      let response: FetchResponse;
      try {
        response = await this.#fetch(node, ready, run);
      } catch (error) {
        if (run.isOver) return;
        if (error instanceof PermanentError || !isTransientKafka(error)) throw error;
        this.options.onRetry(error);
        for (const position of led) run.leaders.delete(partitionKey(position));
        return await pause(RETRY_MS, run.over.signal);
      }
      await this.#handleResponse(run, response, ready, offsets);
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
      const { topic, partition, nextOffset, topicId } of [
        ...ready.slice(first),
        ...ready.slice(0, first),
      ]
    ) {
      if (topics.at(-1)?.topic !== topic) topics.push({ topic, topicId, partitions: [] });
      topics.at(-1)!.partitions.push({ partition, fetchOffset: nextOffset!, maxBytes: partitionMaxBytes });
    }
    const broker = await cluster.node(node);
    const fields = { maxWaitTime: maxWaitMs, minBytes: 1, maxBytes, topics };
    const sent = broker.send<FetchResponse>(fetchRequest(broker, fields, this.options.read));
    // A promise of the response itself would keep its memory until the next one.
    this.#inFlight.set(node, sent.then(() => {}, () => {}));
    try {
      return await sent;
    } catch (error) {
      cluster.drop(broker);
      throw error;
    }
  }

  /** Drops a partition's messages if the assignment has ended or the position has changed since the request. */
  async #handleResponse(
    run: Run<P>,
    { responses }: FetchResponse,
    ready: readonly P[],
    offsets: ReadonlyMap<string, number>,
  ): Promise<void> {
    const byKey = new Map(ready.map((position) => [partitionKey(position), position]));
    for (const { topicName: topic, partitions } of responses) {
      for (const { partition, errorCode, messages } of partitions) {
        const key = partitionKey({ topic, partition });
        const position = byKey.get(key);
        const isCurrent = () =>
          !run.isOver && position?.nextOffset === offsets.get(key) && this.options.isAlive();
        if (!position || !isCurrent()) continue;
        if (errorCode !== 0) await this.#handleError(run, position, errorCode, isCurrent);
        else if (messages.length > 0) this.options.onMessages(position, messages);
      }
    }
  }

  /** @throws an error that retrying does not solve */
  async #handleError(run: Run<P>, position: P, errorCode: number, isCurrent: () => boolean): Promise<void> {
    const name = errorName(errorCode) ?? "UNKNOWN";
    run.retryAt.set(partitionKey(position), performance.now() + RETRY_MAX_MS);
    if (name === "OFFSET_OUT_OF_RANGE") {
      const { nextOffset } = position;
      await this.options.onOutOfRange(position, isCurrent);
      if (position.nextOffset !== nextOffset) run.retryAt.delete(partitionKey(position));
    } else if (STALE_LEADER_ERRORS.includes(name)) run.leaders.delete(partitionKey(position));
    else if (name === "CORRUPT_MESSAGE") throw corruptBatchError(position);
    else throw createErrorFromCode(errorCode);
  }
}

function corruptBatchError({ topic, partition, nextOffset }: FetchPosition): PermanentError {
  return new PermanentError(
    {
      action: `The broker cannot read ${partitionKey({ topic, partition })} at offset ${nextOffset}`,
      code: "CORRUPT_MESSAGE",
      cause: "the record batch is corrupt",
      remedy:
        "Restore the partition from another replica, or delete the records up to that offset with kafka-delete-records.",
    },
  );
}
