/**
 * Sends records to Kafka: in order within each partition, one batch at a time, again until acknowledged.
 *
 * Batches that are due at the same time for the same broker share one Produce request, because at thousands of records per second
 * request overhead dominates. Each partition has its own result. A batch that failed is sent again with the same sequence number, so
 * that Kafka recognizes it if it was stored already. A partition without a leader delays no other.
 *
 * @module
 */
import { CompressionTypes } from "kafkajs";
import { PermanentError, type TransientError } from "../shared/errors.ts";
import { isProducerStateLost, kafkaError } from "../shared/kafka/errors.ts";
import type { ProduceClient, ProducerIdentity } from "../shared/kafka/produce_client.ts";
import { RecordWriter } from "../shared/kafka/records/record_writer.ts";
import { backoffMs } from "../shared/lifecycle.ts";
import type { Availability } from "../shared/observe/availability.ts";
import { partitionKey } from "../shared/schema/progress.ts";
import type { Settings } from "../shared/settings/table.ts";
import { dueRequests } from "./due_requests.ts";
import type { ProducerEmit } from "./events.ts";
import type { Generated } from "./generator.ts";
import { Identity } from "./identity.ts";
import { LeaderRefresh } from "./leader_refresh.ts";
import { buffered } from "./metrics.ts";
import type { PartitionQueue } from "./partition_queue.ts";
import { PartitionQueues } from "./partition_queues.ts";

const COMPRESSION: Readonly<Record<Settings["PRODUCER_COMPRESSION"], CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** The producer requests a new identity before a partition's INT32 sequence number overflows. */
const SEQUENCE_MAX = 2_000_000_000;

/** Empty batches kept for reuse. */
const SPARE_BATCHES_MAX = 32;

const BACKOFF_MAX_MS = 1_000;

/** A batch in flight. */
interface Delivery {
  readonly queue: PartitionQueue;
  readonly batch: RecordWriter;
  /** On the clock of `performance.now()`. */
  readonly sentAt: number;
}

export interface SenderOptions {
  readonly client: ProduceClient;
  readonly topics: readonly string[];
  readonly settings: Settings;
  readonly availability: Availability;
  readonly emit: ProducerEmit;
}

/** Buffers records and sends their batches when they are full or have lingered. */
export class Sender implements Disposable {
  readonly queues: PartitionQueues;
  readonly #identity: Identity;
  readonly #leaders: LeaderRefresh;
  readonly #failed = Promise.withResolvers<never>();
  readonly #spareBatches: RecordWriter[] = [];
  #isDisposed = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #timerAt = Infinity;
  #buffered = 0;
  #waiters: (() => void)[] = [];

  constructor(private readonly options: SenderOptions) {
    this.queues = new PartitionQueues(options.settings, options.emit);
    this.#identity = new Identity(options.client, options.settings, options.emit);
    this.#leaders = new LeaderRefresh(
      options,
      this.queues,
      (topic, leaders) => this.setLeaders(topic, leaders),
    );
    this.#failed.promise.catch(() => {});
  }

  /** Records added and not acknowledged. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Rejects when sending failed with an error that needs operator action. Never resolves. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Requests a producer identity and the partitions' leaders. @throws {KafkaJSError} */
  async start(): Promise<void> {
    await this.#identity.init();
    await this.#leaders.start();
  }

  /** See {@link PartitionQueues.setLeaders}. Sends the batches that were waiting for a leader. */
  setLeaders(topic: string, leaders: readonly (number | undefined)[]): void {
    this.queues.setLeaders(topic, leaders);
    this.#sendDue();
  }

  /** @param timestamp the record's timestamp (CreateTime), Unix ms */
  add(topic: string, { key, value }: Generated, timestamp: number): void {
    const queue = this.queues.of(topic, key);
    let batch = queue.batches.at(-1);
    // A batch that was sent before must not change.
    const isSent = queue.failures > 0 && queue.batches.length === 1;
    if (!batch || isSent || queue.isFull(batch)) {
      batch = this.#spareBatches.pop() ?? new RecordWriter();
      queue.lingerStartedAt = performance.now();
      queue.batches.push(batch);
      this.#wakeAt(queue.dueAt);
    }
    batch.add(timestamp, key, value);
    queue.buffered++;
    this.#buffered++;
    if (queue.isFull(batch) && queue.canSend(performance.now())) this.#send([queue]);
  }

  /**
   * Waits until at most `maxRecords` are buffered, or `signal` aborts. Sends incomplete batches: while no record can be added, lingering
   * has no benefit, and with a small buffer there may be no batch in flight whose response would end the wait.
   */
  async waitForCapacity(maxRecords: number, signal: AbortSignal): Promise<void> {
    const wake = () => this.#release(0);
    signal.addEventListener("abort", wake);
    try {
      while (this.#buffered > maxRecords && !signal.aborted) await this.#sendAllAndWait();
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  /** Sends everything and waits until it is acknowledged. */
  async flush(): Promise<void> {
    while (this.#buffered > 0) await this.#sendAllAndWait();
  }

  /** Stops sending. Buffered records are dropped. */
  [Symbol.dispose](): void {
    this.#isDisposed = true;
    clearTimeout(this.#timer);
    this.#leaders[Symbol.dispose]();
  }

  async #sendAllAndWait(): Promise<void> {
    this.#sendDue(true);
    await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Sends the batches that are due, or `all`, and sets the timer for the next one. */
  #sendDue(all = false): void {
    if (this.#isDisposed) return;
    for (const queues of dueRequests(this.queues.all, performance.now(), all)) this.#send(queues);
    for (const { dueAt } of this.queues.all) this.#wakeAt(dueAt);
  }

  /** Sets the timer to `time` (performance.now()) unless it fires earlier. It sends what is due then. */
  #wakeAt(time: number): void {
    if (time >= this.#timerAt || this.#isDisposed) return;
    clearTimeout(this.#timer);
    this.#timerAt = time;
    this.#timer = setTimeout(() => {
      this.#timerAt = Infinity;
      this.#sendDue();
    }, Math.max(0, Math.ceil(time - performance.now())));
  }

  /** Sends the oldest batches of some queues, as {@link dueRequests} groups them, in one request. */
  #send(queues: readonly PartitionQueue[]): void {
    const sentAt = performance.now();
    const deliveries = queues.map((queue) => {
      queue.inFlightSince = sentAt;
      return { queue, batch: queue.batches.shift()!, sentAt };
    });
    this.#deliver(deliveries).then(() => this.#sendDue(), (error) => this.#failed.reject(error));
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<void> {
    const isExhausted = deliveries.some(({ queue, batch }) =>
      queue.failures === 0 && queue.sequence + batch.count > SEQUENCE_MAX
    );
    if (isExhausted) await this.#replaceIdentity("its sequence numbers are nearly exhausted", 0);
    const identity = this.#identityOf(deliveries[0]!.queue);
    for (const { queue } of deliveries) {
      if (queue.identity !== identity) queue.sequence = 0;
      queue.identity = identity;
    }
    const results = await this.#produce(deliveries, identity);
    for (const delivery of deliveries) {
      const { partition } = delivery.queue;
      const error = results.has(partition)
        ? results.get(partition)
        : new Error("The response has no result for it");
      if (error === undefined) this.#onAcknowledged(delivery);
      else await this.#onFailure(delivery, error);
    }
  }

  /** A batch that was sent before keeps its identity, by which Kafka recognizes it. */
  #identityOf({ identity, failures }: PartitionQueue): ProducerIdentity {
    return failures > 0 && identity !== undefined ? identity : this.#identity.current;
  }

  /** Returns each partition's error, `undefined` for an acknowledgement. Never rejects. */
  async #produce(
    deliveries: readonly Delivery[],
    identity: ProducerIdentity,
  ): Promise<ReadonlyMap<number, Error | undefined>> {
    const { topic, leader } = deliveries[0]!.queue;
    try {
      return await this.options.client.produce(leader!, {
        identity,
        topic,
        compression: COMPRESSION[this.options.settings.PRODUCER_COMPRESSION],
        batches: deliveries.map(({ queue: { partition, sequence }, batch }) => ({
          partition,
          sequence,
          records: batch,
        })),
      });
    } catch (error) {
      return new Map(deliveries.map(({ queue: { partition } }) => [partition, error as Error]));
    }
  }

  #onAcknowledged({ queue, batch, sentAt }: Delivery): void {
    const { topic, partition } = queue;
    const records = batch.count;
    this.options.availability.up("Kafka");
    queue.sequence += records;
    queue.buffered -= records;
    queue.inFlightSince = undefined;
    queue.failures = 0;
    queue.withheldSince = undefined;
    queue.withheldLoggedAt = -Infinity;
    const seconds = (performance.now() - sentAt) / 1000;
    this.options.emit("records_sent", { topic, partition, records, seconds });
    this.#release(records);
    if (this.#spareBatches.length < SPARE_BATCHES_MAX) {
      batch.clear();
      this.#spareBatches.push(batch);
    }
  }

  /**
   * Returns a batch to the front of its queue, to be sent again.
   *
   * @throws {PermanentError} if the error needs operator action
   */
  async #onFailure({ queue, batch }: Delivery, error: Error): Promise<void> {
    const action = `Cannot send to ${partitionKey(queue)}`;
    const failure = kafkaError(action, error, this.options.settings, true);
    if (failure instanceof PermanentError) throw failure;
    queue.batches.unshift(batch);
    queue.inFlightSince = undefined;
    queue.retryAt = performance.now() + backoffMs(queue.failures, undefined, BACKOFF_MAX_MS);
    queue.failures++;
    this.#reportDown(failure);
    this.#leaders.request();
    this.#wakeAt(queue.retryAt);
    // A resend with the same sequence number is safe. If Kafka has lost the producer's state, a new identity is the only way.
    if (!isProducerStateLost(error)) return;
    const resent = queue.failures > 1 ? batch.count : 0;
    if (queue.identity === this.#identity.current) {
      await this.#replaceIdentity(`${action}: ${failure.diagnosis.cause}`, resent);
    }
    // Never reset the sequence of the same identity: Kafka could take the batch for an earlier one.
    if (queue.identity !== this.#identity.current) queue.identity = undefined;
  }

  async #replaceIdentity(reason: string, resent: number): Promise<void> {
    const failure = await this.#identity.replace(reason, resent);
    if (failure) this.#reportDown(failure);
  }

  /** Reports Kafka as unavailable if no partition's records reach it. Single partitions have events of their own. */
  #reportDown(failure: TransientError): void {
    const now = performance.now();
    if (!this.queues.all.every((queue) => queue.buffered === 0 || queue.isStuck(now))) return;
    this.options.availability.down("Kafka", failure, "connection");
  }

  #release(records: number): void {
    this.#buffered -= records;
    buffered.set(this.#buffered);
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}
