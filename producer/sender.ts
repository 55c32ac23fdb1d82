/**
 * Sends records: each partition's in order, one batch at a time, until Kafka has acknowledged it.
 *
 * Batches that are due at the same time and go to the same broker share a request: at some thousand records a second, requests are
 * what a producer, a broker and a consumer spend their time on. Each partition has its own result: one that fails is sent again by
 * itself, with the same sequence number, so that Kafka recognizes a batch that it has stored already. Partitions without a leader wait
 * and hold up no other.
 *
 * @module
 */
import { CompressionTypes } from "kafkajs";
import type { Availability } from "../shared/observe/availability.ts";
import type { Emit } from "../shared/observe/events.ts";
import { backoffMs, pause } from "../shared/lifecycle.ts";
import { isProducerStateLost, kafkaError } from "../shared/kafka/errors.ts";
import type { ProduceClient, ProducerIdentity } from "../shared/kafka/produce_client.ts";
import { RecordWriter } from "../shared/kafka/records/record_writer.ts";
import type { Settings } from "../shared/settings/table.ts";
import { PermanentError, type TransientError } from "../shared/errors.ts";
import type { EVENTS } from "./events.ts";
import type { Generated } from "./generator.ts";
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

/** Before a partition's INT32 sequence number runs out, the producer gets a new identity. */
const MAX_SEQUENCE = 2_000_000_000;

/** A batch is full at this many bytes too: Kafka refuses one of more than `max.message.bytes`, which is 1,048,588 by default. */
const MAX_BATCH_BYTES = 900_000;

/** Buffers that are kept for use in later batches. */
const MAX_SPARE = 32;

/** Longest pause before a batch is sent again. */
const MAX_BACKOFF_MS = 1_000;

/** A batch in flight. */
interface Delivery {
  readonly queue: PartitionQueue;
  readonly batch: RecordWriter;
  /** On the clock of `performance.now()`. */
  readonly started: number;
}

/** What a sender works with. */
export interface SenderOptions {
  readonly client: ProduceClient;
  readonly topics: readonly string[];
  readonly settings: Settings;
  readonly availability: Availability;
  readonly tell: Emit<typeof EVENTS>;
}

/** Takes records and sends them, with bounded memory. */
export class Sender implements Disposable {
  readonly #queues: PartitionQueues;
  readonly #failed = Promise.withResolvers<never>();
  readonly #over = new AbortController();
  readonly #spare: RecordWriter[] = [];
  #identity: ProducerIdentity | undefined;
  #renewing: Promise<void> | undefined;
  #leaders: LeaderRefresh | undefined;
  #buffered = 0;
  #waiters: (() => void)[] = [];

  constructor(private readonly options: SenderOptions) {
    this.#queues = new PartitionQueues(options.settings.PRODUCER_BUFFER_RECORDS, options.tell);
    this.#failed.promise.catch(() => {});
  }

  /** By partition. */
  get queues(): PartitionQueues {
    return this.#queues;
  }

  /** Records taken and not acknowledged yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Never resolves; rejects when sending failed for good. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Gets an identity and the partitions' leaders. @throws {KafkaJSError} */
  async start(): Promise<void> {
    this.#identity = await this.options.client.initProducerId();
    await this.refreshLeaders();
    this.#leaders ??= new LeaderRefresh(() => this.#tryRefreshLeaders());
  }

  /**
   * Fetches which brokers lead the partitions. They may move, and partitions may be added, while it runs.
   *
   * @throws {KafkaJSError} when no broker answers
   */
  async refreshLeaders(): Promise<void> {
    for (const { name, partitions, error } of await this.options.client.fetchTopics(this.options.topics)) {
      // A topic with an error has none: it keeps those that it had, without leaders.
      const count = Math.max(this.#queues.countOf(name), partitions.length);
      if (count === 0) throw new Error(`The topic ${name} has no partitions (${error})`);
      this.setLeaders(name, Array.from({ length: count }, (_, partition) => partitions[partition]?.leader));
    }
  }

  /** See {@link PartitionQueues.setLeaders}. What waits for a leader is sent at once. */
  setLeaders(topic: string, leaders: readonly (number | undefined)[]): void {
    this.#queues.setLeaders(topic, leaders);
    this.#sendDue(performance.now());
  }

  async #tryRefreshLeaders(): Promise<boolean> {
    try {
      await this.refreshLeaders();
    } catch (error) {
      const failure = kafkaError("Cannot read the topics' metadata", error, this.options.settings);
      this.options.availability.down("Kafka", failure, "connection");
      return false;
    }
    return this.#queues.all.every(({ leader }) => leader !== undefined);
  }

  /**
   * Takes a record. It is sent when its batch is full or has lingered.
   *
   * @param timestamp Unix milliseconds; Kafka keeps it as the record's
   */
  add(topic: string, { key, value }: Generated, timestamp: number): void {
    const queue = this.#queues.of(topic, key);
    let batch = queue.waiting.at(-1);
    // One that was sent already must not change.
    const isSent = queue.failures > 0 && queue.waiting.length === 1;
    if (!batch || isSent || this.#isFull(batch)) {
      batch = this.#spare.pop() ?? new RecordWriter();
      queue.lingerStartedAt = performance.now();
      queue.waiting.push(batch);
    }
    batch.add(timestamp, key, value);
    queue.buffered++;
    this.#buffered++;
    if (this.#isFull(batch) && queue.canSend(performance.now())) this.#send([queue]);
  }

  #isFull(batch: RecordWriter): boolean {
    return batch.count >= this.options.settings.PRODUCER_BATCH_RECORDS || batch.size >= MAX_BATCH_BYTES;
  }

  /** Sends what has lingered long enough; `all`: everything. */
  poll(all = false): void {
    this.#sendDue(all ? Infinity : performance.now());
    buffered.set(this.#buffered);
  }

  /** Milliseconds until {@link poll} has something to send, unless more is added; Infinity if nothing waits. */
  dueIn(): number {
    const now = performance.now();
    const due = this.#queues.all.filter((queue) => queue.canSend(now)).map((queue) =>
      this.#dueIn(queue, now)
    );
    return Math.max(0, due.reduce((least, ms) => Math.min(least, ms), Infinity));
  }

  /** Milliseconds until a queue's oldest batch is to be sent: 0 or less when it is full, has lingered, or was sent before. */
  #dueIn({ waiting, failures, lingerStartedAt }: PartitionQueue, now: number): number {
    if (failures > 0 || this.#isFull(waiting[0]!)) return 0;
    return lingerStartedAt + this.options.settings.PRODUCER_LINGER_MS - now;
  }

  /**
   * Waits until fewer than `records` are buffered, or `signal` aborts.
   *
   * What waits is sent at once: when no record may be added, lingering brings nothing, and with a small buffer there may be no batch
   * under way whose end would wake anybody.
   */
  async below(records: number, signal: AbortSignal): Promise<void> {
    const wake = () => this.#release(0);
    signal.addEventListener("abort", wake);
    try {
      while (this.#buffered >= records && !signal.aborted) {
        this.poll(true);
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      }
    } finally {
      signal.removeEventListener("abort", wake);
    }
  }

  /** Sends everything and waits until it is acknowledged. */
  async flush(): Promise<void> {
    while (this.#buffered > 0) {
      this.poll(true);
      await new Promise<void>((resolve) => this.#waiters.push(resolve));
    }
  }

  /** Ends retries; what is buffered is given up. */
  [Symbol.dispose](): void {
    this.#over.abort();
    this.#leaders?.[Symbol.dispose]();
  }

  /**
   * Sends the oldest batches that are due, in as few requests as they fit in. When one has lingered, all that waits for the same broker
   * goes with it: soon it would need a request of its own.
   */
  #sendDue(now: number): void {
    if (this.#over.signal.aborted) return;
    const groups = new Map<string, { queues: PartitionQueue[]; lingered: boolean }>();
    const clock = performance.now();
    for (const queue of this.#queues.all) {
      if (!queue.canSend(clock)) continue;
      const repeatedAs = queue.failures > 0 ? this.#identityFor(queue).producerId : "";
      const key = `${queue.leader} ${repeatedAs} ${queue.topic}`;
      let group = groups.get(key);
      if (!group) groups.set(key, group = { queues: [], lingered: false });
      group.queues.push(queue);
      group.lingered ||= !this.#isFull(queue.waiting[0]!) && this.#dueIn(queue, now) <= 0;
    }
    for (const { queues, lingered } of groups.values()) {
      const going = lingered ? queues : queues.filter((queue) => this.#dueIn(queue, now) <= 0);
      for (const request of requestsOf(going)) this.#send(request);
    }
  }

  /** A batch that was sent before keeps its identity, by which Kafka recognizes it. */
  #identityFor({ identity, failures }: PartitionQueue): ProducerIdentity {
    return failures > 0 && identity !== undefined ? identity : this.#identity!;
  }

  /** Sends the oldest batches of queues of one topic, leader and identity, in one request. */
  #send(queues: readonly PartitionQueue[]): void {
    const started = performance.now();
    const deliveries = queues.map((queue) => {
      queue.sentAt = started;
      return { queue, batch: queue.waiting.shift()!, started };
    });
    this.#deliver(deliveries).then(
      () => this.#sendDue(performance.now()),
      (error) => this.#failed.reject(error),
    );
  }

  async #deliver(deliveries: readonly Delivery[]): Promise<void> {
    if (
      deliveries.some(({ queue, batch }) =>
        queue.sequence + batch.count > MAX_SEQUENCE && queue.failures === 0
      )
    ) {
      await this.#renew("its sequence numbers are nearly used up", 0);
    }
    const { topic, leader } = deliveries[0]!.queue;
    const identity = this.#identityFor(deliveries[0]!.queue);
    for (const { queue } of deliveries) {
      if (queue.identity !== identity) queue.sequence = 0;
      queue.identity = identity;
    }
    let results: ReadonlyMap<number, Error | undefined>;
    try {
      results = await this.options.client.produce(leader!, {
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
      results = new Map(deliveries.map(({ queue: { partition } }) => [partition, error as Error]));
    }
    for (const delivery of deliveries) {
      const { partition } = delivery.queue;
      const error = results.has(partition)
        ? results.get(partition)
        : new Error("The broker did not answer for it");
      if (error === undefined) this.#acknowledged(delivery);
      else await this.#onFailure(delivery, error);
    }
  }

  #acknowledged({ queue, batch, started }: Delivery): void {
    const { topic, partition } = queue;
    const records = batch.count;
    this.options.availability.up("Kafka");
    queue.sequence += records;
    queue.buffered -= records;
    queue.sentAt = undefined;
    queue.failures = 0;
    queue.withheldSince = undefined;
    queue.withheldLoggedAt = -Infinity;
    this.options.tell("sent", { topic, partition, records, seconds: (performance.now() - started) / 1000 });
    this.#release(records);
    if (this.#spare.length < MAX_SPARE) {
      batch.clear();
      this.#spare.push(batch);
    }
  }

  /**
   * Puts a batch back to the front of its queue, to be sent again.
   *
   * @throws {PermanentError} when a person has to mend something
   */
  async #onFailure({ queue, batch }: Delivery, error: Error): Promise<void> {
    const { topic, partition } = queue;
    const failure = kafkaError(`Cannot send to ${topic}[${partition}]`, error, this.options.settings);
    if (failure instanceof PermanentError) throw failure;
    const backoff = backoffMs(queue.failures, undefined, MAX_BACKOFF_MS);
    queue.waiting.unshift(batch);
    queue.sentAt = undefined;
    queue.retryAt = performance.now() + backoff;
    queue.failures++;
    this.#reportDown(failure);
    this.#leaders?.request();
    this.#sendAgain(queue);
    // The same batch with the same sequence number is a repetition that Kafka recognizes. Only when Kafka has lost count is there no
    // other way than to begin anew.
    if (!isProducerStateLost(error)) return;
    const unknown = queue.failures > 1 ? batch.count : 0;
    if (queue.identity === this.#identity) await this.#renew(failure.message.replace(/\.$/, ""), unknown);
    // Never the same identity with sequence number 0: Kafka could take the batch for an earlier one.
    if (queue.identity !== this.#identity) queue.identity = undefined;
  }

  /** Sends a queue again at its `retryAt`. A timer may fire a fraction of a millisecond early. */
  async #sendAgain(queue: PartitionQueue): Promise<void> {
    const { signal } = this.#over;
    for (let left; (left = queue.retryAt - performance.now()) > 0 && !signal.aborted;) {
      await pause(Math.ceil(left), signal);
    }
    this.#sendDue(performance.now());
  }

  /** Kafka counts as away when no partition's records get there; of single partitions other events tell. */
  #reportDown(failure: PermanentError | TransientError): void {
    const now = performance.now();
    if (!this.#queues.all.every((queue) => queue.buffered === 0 || queue.isStuck(now))) return;
    this.options.availability.down("Kafka", failure, "connection");
  }

  /** Gives the producer a new identity, once for all who ask at the same time. */
  async #renew(why: string, unknown: number): Promise<void> {
    this.#renewing ??= (async () => {
      this.#identity = await this.options.client.initProducerId();
      this.options.tell("renewed", { why, unknown });
    })().finally(() => this.#renewing = undefined);
    try {
      await this.#renewing;
    } catch (error) {
      const failure = kafkaError("Cannot get a producer id from Kafka", error, this.options.settings);
      if (failure instanceof PermanentError) throw failure;
      this.#reportDown(failure);
    }
  }

  #release(records: number): void {
    this.#buffered -= records;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Queues as they share requests, none of which is too large unless one batch is. */
function requestsOf(queues: readonly PartitionQueue[]): PartitionQueue[][] {
  const requests: PartitionQueue[][] = [];
  let size = Infinity;
  for (const queue of queues) {
    const batch = queue.waiting[0]!;
    if (size + batch.size > MAX_BATCH_BYTES) {
      requests.push([]);
      size = 0;
    }
    requests.at(-1)!.push(queue);
    size += batch.size;
  }
  return requests;
}
