/**
 * Stores segments, as many as there are in one transaction: few and quickly when little comes, many at once when much waits.
 *
 * @module
 */
import { CancelledError, type Database } from "./database.ts";
import { bufferBytes } from "../metrics.ts";
import { partitionKey } from "../../shared/schema/progress.ts";
import type { Segment } from "../decode/segment.ts";
import { partitionOf } from "./batch.ts";
import { BatchStore, type BatchStoreOptions } from "./batch_store.ts";

/** What the writer needs to know and whom it tells. */
export interface WriterOptions extends Omit<BatchStoreOptions, "isWanted"> {
  /** Most bytes of segments in a transaction (a single segment may be larger). */
  readonly batchBytes: number;
  /** Whether the consumer is a valid member of its group; what is queued while it is not is dropped. */
  readonly isCurrent: () => boolean;
}

/** Takes segments in order and stores them in order. */
export class Writer {
  #queue: Segment[] = [];
  #bytes = 0;
  /** Grows with every reset: what was queued before it is not wanted any more. */
  #epoch = 0;
  #working: Promise<void> | undefined;
  readonly #failed = Promise.withResolvers<never>();
  #waiters: (() => void)[] = [];
  readonly #store: BatchStore;

  constructor(database: Database, private readonly options: WriterOptions) {
    this.#store = new BatchStore(database, {
      ...options,
      isWanted: (epoch) => epoch === this.#epoch && options.isCurrent(),
      onFenced: (at, next) => {
        this.#drop((segment) => partitionOf(segment) === partitionKey(at));
        options.onFenced(at, next);
      },
    });
    // Whoever races against it gets the error; nobody else has to.
    this.#failed.promise.catch(() => {});
  }

  /** Bytes of segments that are not stored yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Never resolves; rejects when storing failed for good. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Adds a segment. Each partition's segments must follow on one another. */
  add(segment: Segment): void {
    this.#queue.push(segment);
    this.#count(segment.bytes);
    this.#working ??= this.#runLoop();
  }

  /** Waits until at most `bytes` wait to be stored. */
  async waitForCapacity(bytes: number): Promise<void> {
    while (this.#bytes > bytes) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Waits until all that was added is stored (or was dropped). */
  async drain(): Promise<void> {
    while (this.#working) await this.#working;
    this.#store.flush();
  }

  /** Drops what is queued and waits for the transaction in hand. After a rebalance all is read again from what is stored. */
  async reset(): Promise<void> {
    this.#epoch++;
    this.#drop(() => true);
    await this.drain();
    this.#store.reset();
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    bufferBytes.set(this.#bytes);
    if (bytes >= 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #drop(unwanted: (segment: Segment) => boolean): void {
    const dropped = this.#queue.filter(unwanted);
    this.#queue = this.#queue.filter((segment) => !unwanted(segment));
    this.#count(-dropped.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  async #runLoop(): Promise<void> {
    // What comes in the same turn of the event loop, such as the partitions of one fetch, goes into the same transaction.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#queue.length > 0) {
        const batch = this.#nextBatch();
        const bytes = batch.reduce((sum, segment) => sum + segment.bytes, 0);
        try {
          await this.#store.store(batch, this.#epoch);
        } finally {
          this.#count(-bytes);
        }
      }
    } catch (error) {
      this.#drop(() => true);
      this.#store.flush();
      if (!(error instanceof CancelledError)) this.#failed.reject(error);
    } finally {
      this.#working = undefined;
    }
  }

  #nextBatch(): Segment[] {
    let bytes = 0, count = 0;
    while (
      count < this.#queue.length &&
      (count === 0 || bytes + this.#queue[count]!.bytes <= this.options.batchBytes)
    ) {
      bytes += this.#queue[count++]!.bytes;
    }
    return this.#queue.splice(0, count);
  }
}
