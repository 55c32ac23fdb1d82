/**
 * Fetches the partitions' leaders: periodically, and soon after a request failed or while a partition has no leader.
 *
 * @module
 */
import type { KafkaSettings } from "../shared/kafka/client.ts";
import { kafkaError } from "../shared/kafka/errors.ts";
import type { ProduceClient } from "../shared/kafka/produce_client.ts";
import { pause } from "../shared/lifecycle.ts";
import type { Availability } from "../shared/observe/availability.ts";
import type { PartitionQueues } from "./partition_queues.ts";

/** As Kafka's `metadata.max.age.ms`, but shorter, so that new partitions are used sooner. */
const INTERVAL_MS = 30_000;
const LEADERLESS_INTERVAL_MS = 500;
const MIN_INTERVAL_MS = 100;

export interface LeaderRefreshOptions {
  readonly client: Pick<ProduceClient, "fetchTopics">;
  readonly topics: readonly string[];
  readonly settings: KafkaSettings;
  readonly availability: Availability;
}

export class LeaderRefresh implements Disposable {
  readonly #over = new AbortController();
  #wake = new AbortController();
  #isRunning = false;

  constructor(
    private readonly options: LeaderRefreshOptions,
    private readonly queues: PartitionQueues,
    private readonly setLeaders: PartitionQueues["setLeaders"],
  ) {}

  /** Fetches the leaders, then starts to refresh them. @throws {KafkaJSError} if no broker is available */
  async start(): Promise<void> {
    await this.#fetch();
    if (!this.#isRunning) this.#runLoop();
    this.#isRunning = true;
  }

  /** Requests a refresh within {@link MIN_INTERVAL_MS}. */
  request(): void {
    this.#wake.abort();
  }

  async #runLoop(): Promise<void> {
    const { signal } = this.#over;
    for (let isComplete = this.#isComplete; !signal.aborted;) {
      await pause(MIN_INTERVAL_MS, signal);
      const interval = isComplete ? INTERVAL_MS : LEADERLESS_INTERVAL_MS;
      await pause(interval - MIN_INTERVAL_MS, AbortSignal.any([signal, this.#wake.signal]));
      this.#wake = new AbortController();
      if (!signal.aborted) isComplete = await this.#tryFetch() && this.#isComplete;
    }
  }

  /** Whether every partition has a leader. */
  get #isComplete(): boolean {
    return this.queues.all.every(({ leader }) => leader !== undefined);
  }

  async #tryFetch(): Promise<boolean> {
    try {
      await this.#fetch();
      return true;
    } catch (error) {
      const failure = kafkaError("Cannot read the topics' metadata", error, this.options.settings);
      this.options.availability.down("Kafka", failure, "connection");
      return false;
    }
  }

  async #fetch(): Promise<void> {
    for (const { name, partitions, error } of await this.options.client.fetchTopics(this.options.topics)) {
      // The response has no partitions of a topic with an error: those that are known lose their leaders.
      const count = Math.max(this.queues.countOf(name), partitions.length);
      if (count === 0) throw new Error(`The topic ${name} has no partitions (${error})`);
      this.setLeaders(name, Array.from({ length: count }, (_, partition) => partitions[partition]?.leader));
    }
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}
