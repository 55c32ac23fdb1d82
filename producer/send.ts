/**
 * Sends records: each partition's in order, one batch at a time, until Kafka has acknowledged it.
 *
 * Why one batch a partition at a time: kafkajs gives a batch its sequence number when it is sent, and takes it back when sending
 * fails. A second batch in flight could then get the number of the first, and Kafka would take it for a repetition and drop it.
 *
 * Batches that are due at the same time and go to the same broker share a request: at some thousand records a second, requests are
 * what a producer, a broker and a consumer spend their time on. kafkajs repeats a request to several brokers only to those that have
 * not answered, and so forgets a partition whose leader moves to one that has: what it did not tell of is sent again, by itself.
 *
 * @module
 */
import { CompressionTypes, type Kafka, type Producer, type RecordMetadata } from "kafkajs";
import type { Availability } from "../shared/observe/availability.ts";
import type { Tell } from "../shared/observe/events.ts";
import { backoffMs, pause } from "../shared/lifecycle.ts";
import { RETRIES, RETRY } from "../shared/kafka/connection.ts";
import { isSequenceLost, kafkaError } from "../shared/kafka/errors.ts";
import { encodedMessages } from "../shared/kafka/produce.ts";
import { RecordWriter } from "../shared/kafka/records.ts";
import type { Settings } from "../shared/settings/table.ts";
import { PermanentError } from "../shared/errors.ts";
import type { EVENTS } from "./events.ts";
import type { Generated } from "./generate.ts";
import { buffered } from "./metrics.ts";
import { KeyPartitioner } from "./partition.ts";

const COMPRESSION: Readonly<Record<Settings["PRODUCER_COMPRESSION"], CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};

/** Before a partition's INT32 sequence number runs out, which kafkajs gets wrong, the producer gets a new identity. */
const MOST_SEQUENCE = 2_000_000_000;

/** A batch is full at this many bytes too: Kafka refuses one of more than `max.message.bytes`, which is 1,048,588 by default. */
const MOST_BYTES = 900_000;

/** Buffers that are kept for use in later batches. */
const MOST_SPARE = 32;

/** One partition's records that wait, and whether a batch is under way. */
interface Lane {
  readonly topic: string;
  readonly partition: number;
  /** The broker that led it when that was last asked; one that has moved since is found by kafkajs. */
  leader: number;
  /** The batches that wait, oldest first. All but the last are full. */
  readonly waiting: RecordWriter[];
  /** Since when the last one waits, on the clock of `performance.now()`. The others are full. */
  since: number;
  busy: boolean;
  sequence: number;
}

/** A batch that is under way. */
interface Delivery {
  readonly lane: Lane;
  readonly batch: RecordWriter;
  /** On the clock of `performance.now()`. */
  readonly started: number;
}

/** What a sender works with. */
export interface SenderOptions {
  readonly kafka: Kafka;
  readonly settings: Settings;
  readonly availability: Availability;
  readonly tell: Tell<typeof EVENTS>;
}

/** Takes records and sends them, with bounded memory. */
export class Sender {
  readonly #lanes = new Map<string, Lane[]>();
  readonly #partitioners = new Map<string, KeyPartitioner>();
  readonly #failed = Promise.withResolvers<never>();
  #producer: Producer;
  readonly #spare: RecordWriter[] = [];
  readonly #users = new Map<Producer, number>();
  #renewing: Promise<void> | undefined;
  #buffered = 0;
  #waiters: (() => void)[] = [];

  constructor(private readonly options: SenderOptions) {
    this.#producer = this.#newProducer();
    this.#failed.promise.catch(() => {});
  }

  /** Records taken and not acknowledged yet. */
  get buffered(): number {
    return this.#buffered;
  }

  /** Never resolves; rejects when sending failed for good. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Connects. */
  async start(): Promise<void> {
    await this.#producer.connect();
  }

  /**
   * Sets which brokers lead a topic's partitions. They may move, and partitions may be added, while it runs.
   *
   * @param leaders their ids, for partition 0, 1, 2 …
   */
  setLeaders(topic: string, leaders: readonly number[]): void {
    let partitioner = this.#partitioners.get(topic);
    if (!partitioner) this.#partitioners.set(topic, partitioner = new KeyPartitioner(topic));
    partitioner.partitions = leaders.length;
    const lanes = this.#lanes.get(topic) ?? [];
    for (const [partition, leader] of leaders.entries()) {
      lanes[partition] ??= { topic, partition, leader, waiting: [], since: 0, busy: false, sequence: 0 };
      lanes[partition].leader = leader;
    }
    this.#lanes.set(topic, lanes);
  }

  /**
   * Takes a record. It is sent when its batch is full or has lingered.
   *
   * @param timestamp Unix milliseconds; Kafka keeps it as the record's
   */
  add(topic: string, { key, value }: Generated, timestamp: number): void {
    const partition = this.#partitioners.get(topic)!.partitionOf(key);
    const lane = this.#lanes.get(topic)![partition]!;
    const { waiting } = lane;
    let batch = waiting.at(-1);
    if (!batch || this.#isFull(batch)) {
      batch = this.#spare.pop() ?? new RecordWriter();
      lane.since = performance.now();
      waiting.push(batch);
    }
    batch.add(timestamp, key, value);
    this.#buffered++;
    if (!lane.busy && this.#isFull(batch)) this.#send([lane]);
  }

  #isFull(batch: RecordWriter): boolean {
    return batch.count >= this.options.settings.PRODUCER_BATCH_RECORDS || batch.size >= MOST_BYTES;
  }

  /** Sends what has lingered long enough; `all`: everything. */
  poll(all = false): void {
    this.#sendDue(all ? Infinity : performance.now());
    buffered.set(this.#buffered);
  }

  /** Milliseconds until {@link poll} has something to send, unless more is added; Infinity where nothing waits. */
  dueIn(): number {
    const now = performance.now();
    let least = Infinity;
    for (const lanes of this.#lanes.values()) {
      for (const lane of lanes) if (!lane.busy) least = Math.min(least, this.#dueIn(lane, now));
    }
    return Math.max(0, least);
  }

  /** Milliseconds until a lane's oldest batch is to be sent, if none is under way: 0 or less when it is full or has lingered. */
  #dueIn({ waiting, since }: Lane, now: number): number {
    if (waiting.length === 0) return Infinity;
    return this.#isFull(waiting[0]!) ? 0 : since + this.options.settings.PRODUCER_LINGER_MS - now;
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

  /** Disconnects; what is buffered is given up. */
  async stop(): Promise<void> {
    await Promise.race([this.#producer.disconnect().catch(() => {}), pause(1_000)]);
  }

  #newProducer(): Producer {
    return this.options.kafka.producer({
      idempotent: true,
      allowAutoTopicCreation: false,
      metadataMaxAge: 30_000,
      // Never asked (records come by partition), but without one kafkajs looks for an environment variable to warn of its default.
      createPartitioner: () => () => 0,
      retry: { ...RETRY, retries: RETRIES.endless },
    });
  }

  /**
   * Sends the oldest batches that are due, in as few requests as they fit in. Where one has lingered, all that waits for the same broker
   * goes with it: soon it would need a request of its own.
   */
  #sendDue(now: number): void {
    const groups = new Map<string, { lanes: Lane[]; lingered: boolean }>();
    for (const lane of [...this.#lanes.values()].flat()) {
      if (lane.busy || lane.waiting.length === 0) continue;
      const key = `${lane.leader} ${lane.topic}`;
      let group = groups.get(key);
      if (!group) groups.set(key, group = { lanes: [], lingered: false });
      group.lanes.push(lane);
      group.lingered ||= !this.#isFull(lane.waiting[0]!) && this.#dueIn(lane, now) <= 0;
    }
    for (const { lanes, lingered } of groups.values()) {
      const going = lingered ? lanes : lanes.filter((lane) => this.#dueIn(lane, now) <= 0);
      for (const request of requestsOf(going)) this.#send(request);
    }
  }

  /** Sends the oldest batches of lanes of one topic, in one request; there must be one in each, and none under way. */
  #send(lanes: readonly Lane[]): void {
    const batches = lanes.map((lane) => {
      lane.busy = true;
      return { lane, batch: lane.waiting.shift()!, started: performance.now() };
    });
    this.#deliver(batches).then(
      () => this.#sendDue(performance.now()),
      (error) => this.#failed.reject(error),
    );
  }

  async #deliver(batches: readonly Delivery[]): Promise<void> {
    if (batches.some(({ lane, batch }) => lane.sequence + batch.count > MOST_SEQUENCE)) {
      await this.#renew("its sequence numbers are nearly used up", 0);
    }
    const { topic, partition } = batches[0]!.lane;
    for (let failures = 0;; failures++) {
      const producer = this.#producer;
      let told: RecordMetadata[];
      try {
        // kafkajs itself tries again, without end, whatever passes by itself.
        told = await this.#inUse(producer, () => this.#request(producer, batches));
      } catch (error) {
        // By itself each has the same sequence number again, so that Kafka knows those that it has stored, and it shows which one fails.
        if (batches.length > 1) return await this.#deliverEach(batches);
        const failure = kafkaError(`Cannot send to ${topic}[${partition}]`, error, this.options.settings);
        if (failure instanceof PermanentError) throw failure;
        this.options.availability.down("Kafka", failure, failure.class_);
        await pause(backoffMs(failures));
        // The same batch by the same producer has the same sequence number, so that Kafka knows a repetition when it sees one. Only
        // when Kafka has lost count is there no other way than to begin anew.
        if (isSequenceLost(error) && producer === this.#producer) {
          await this.#renew(failure.message.replace(/\.$/, ""), batches[0]!.batch.count);
        }
        continue;
      }
      const isTold = ({ lane }: Delivery) => told.some(({ partition }) => partition === lane.partition);
      for (const delivery of batches) if (isTold(delivery)) this.#acknowledged(delivery);
      return await this.#deliverEach(batches.filter((delivery) => !isTold(delivery)));
    }
  }

  async #deliverEach(batches: readonly Delivery[]): Promise<void> {
    await Promise.all(batches.map((delivery) => this.#deliver([delivery])));
  }

  /** One send of kafkajs'. What it gives back tells which partitions have been acknowledged. */
  #request(producer: Producer, batches: readonly Delivery[]): Promise<RecordMetadata[]> {
    return producer.send({
      topic: batches[0]!.lane.topic,
      messages: encodedMessages(new Map(batches.map(({ lane, batch }) => [lane.partition, batch]))),
      acks: -1,
      compression: COMPRESSION[this.options.settings.PRODUCER_COMPRESSION],
    });
  }

  #acknowledged({ lane, batch, started }: Delivery): void {
    const { topic, partition } = lane;
    const records = batch.count;
    this.options.availability.up("Kafka");
    lane.sequence += records;
    this.options.tell("sent", { topic, partition, records, seconds: (performance.now() - started) / 1000 });
    lane.busy = false;
    this.#release(records);
    if (this.#spare.length < MOST_SPARE) {
      batch.clear();
      this.#spare.push(batch);
    }
  }

  /** Counts who uses a producer, and disconnects one that was replaced when the last batch on it is through. */
  async #inUse<T>(producer: Producer, send: () => Promise<T>): Promise<T> {
    this.#users.set(producer, (this.#users.get(producer) ?? 0) + 1);
    try {
      return await send();
    } finally {
      const users = this.#users.get(producer)! - 1;
      this.#users.set(producer, users);
      if (users === 0 && producer !== this.#producer) {
        this.#users.delete(producer);
        producer.disconnect().catch(() => {});
      }
    }
  }

  /** Gives the producer a new identity, once for all who ask at the same time. */
  async #renew(why: string, unknown: number): Promise<void> {
    this.#renewing ??= (async () => {
      const producer = this.#newProducer();
      await producer.connect();
      this.options.tell("renewed", { why, unknown });
      this.#producer = producer;
      for (const lane of [...this.#lanes.values()].flat()) lane.sequence = 0;
    })().finally(() => this.#renewing = undefined);
    try {
      await this.#renewing;
    } catch (error) {
      const failure = kafkaError("Cannot connect to Kafka", error, this.options.settings);
      if (failure instanceof PermanentError) throw failure;
      this.options.availability.down("Kafka", failure, failure.class_);
    }
  }

  #release(records: number): void {
    this.#buffered -= records;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }
}

/** Lanes as they share requests, none of which is too large unless one batch is. */
function requestsOf(lanes: readonly Lane[]): Lane[][] {
  const requests: Lane[][] = [];
  let size = Infinity;
  for (const lane of lanes) {
    const batch = lane.waiting[0]!;
    if (size + batch.size > MOST_BYTES) {
      requests.push([]);
      size = 0;
    }
    requests.at(-1)!.push(lane);
    size += batch.size;
  }
  return requests;
}
