/**
 * Polls the end offsets of the streams' topics, so that the lag is known while no consumer runs.
 *
 * @module
 */
import { kafkaError } from "../../shared/kafka/errors.ts";
import type { KafkaSettings } from "../../shared/kafka/client.ts";
import { KafkaCluster } from "../../shared/kafka/cluster.ts";
import { kafkaLog } from "../../shared/kafka/kafkajs/log.ts";
import { fetchTopics } from "../../shared/kafka/metadata.ts";
import { topicIdToUuid } from "../../shared/kafka/topic_id.ts";
import { errorNamed, fetchWatermarks } from "../../shared/kafka/watermarks.ts";
import type { Log } from "../../shared/observe/log.ts";
import type { TopicPartition } from "../../shared/schema/progress.ts";
import type { ServerStatus } from "../protocol.ts";
import { nextStatus, startingStatus } from "../server_status.ts";

/** Interval of polls after an error that only an operator can correct, such as a wrong password. */
const RETRY_MS = 30_000;

/** The offsets of a partition. */
export interface PartitionOffsets extends TopicPartition {
  /** The low and the high watermark. */
  readonly low: number;
  readonly high: number;
  /** As a uuid; `undefined`: the broker has no topic ids. */
  readonly topicId: string | undefined;
}

/** The offsets of all partitions at a time, Unix milliseconds. */
export interface Offsets {
  readonly at: number;
  readonly partitions: readonly PartitionOffsets[];
}

/** Reads offsets with one connection per broker. Kafka is optional: an error changes {@link OffsetsPoller.status}. */
export class OffsetsPoller implements Disposable {
  #cluster: KafkaCluster | undefined;
  #status = startingStatus();
  #offsets: Offsets | undefined;
  #retryAt = 0;
  #isClosed = false;

  constructor(
    private readonly settings: KafkaSettings,
    private readonly topics: readonly string[],
    private readonly log: Log,
  ) {}

  get status(): ServerStatus {
    return this.#status;
  }

  /** The last offsets; `undefined`: none yet. */
  get offsets(): Offsets | undefined {
    return this.#offsets;
  }

  /**
   * Polls once. Never throws.
   *
   * @param now Unix milliseconds
   */
  async poll(now = Date.now()): Promise<void> {
    if (now < this.#retryAt) return;
    try {
      this.#cluster ??= new KafkaCluster(this.settings, "dashboard", kafkaLog(this.log, () => {}));
      this.#offsets = await fetchOffsets(this.#cluster, this.topics);
      this.#setOk();
    } catch (error) {
      if (this.#isClosed) return;
      this.#cluster?.[Symbol.dispose]();
      this.#cluster = undefined;
      const brokers = this.settings.KAFKA_BOOTSTRAP_SERVERS.join();
      const failure = kafkaError(`Cannot read offsets from Kafka at ${brokers}`, error, this.settings);
      const isPermanent = failure.name === "PermanentError";
      if (isPermanent) this.#retryAt = now + RETRY_MS;
      this.#setFailed(isPermanent ? "error" : "unavailable", failure.message);
    }
  }

  #setOk(): void {
    if (this.#status.message !== undefined) {
      this.log("info", "server_available", "Kafka is available: the lag is computed from its offsets.");
    }
    this.#status = nextStatus(this.#status, "ok");
  }

  #setFailed(state: "error" | "unavailable", message: string): void {
    if (state !== this.#status.state) {
      const effect = "The lag is known only while consumers report it.";
      this.log("warn", "server_unavailable", `${message} ${effect} Retrying.`, { server: "Kafka" });
    }
    this.#status = nextStatus(this.#status, state, message);
  }

  [Symbol.dispose](): void {
    this.#isClosed = true;
    this.#cluster?.[Symbol.dispose]();
  }
}

/** Topics that do not exist yet are left out. */
async function fetchOffsets(cluster: KafkaCluster, topics: readonly string[]): Promise<Offsets> {
  const metadata = (await fetchTopics(cluster, topics))
    .filter(({ error }) => error !== "UNKNOWN_TOPIC_OR_PARTITION");
  const denied = metadata.find(({ error }) => error !== undefined)?.error;
  if (denied !== undefined) throw errorNamed(denied);
  const watermarks = await fetchWatermarks(cluster, metadata);
  const partitions = metadata.flatMap(({ name: topic, id }) =>
    [...watermarks.get(topic) ?? []].map(([partition, { low, high }]) => ({
      ...{ topic, partition, low, high },
      topicId: id === undefined ? undefined : topicIdToUuid(id),
    }))
  );
  return { at: Date.now(), partitions };
}
