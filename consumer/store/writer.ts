/**
 * Batches adaptively: all segments queued while the previous transaction ran go into the next one, up to `batchBytes`.
 *
 * @module
 */
import { partitionKey } from "../../shared/schema/progress.ts";
import type { Segment } from "../decode/segment.ts";
import { bufferBytes } from "../metrics.ts";
import { partitionOf } from "./batch.ts";
import { BatchStore, type BatchStoreOptions } from "./batch_store.ts";
import { CancelledError, type Database } from "./database.ts";

export interface WriterOptions extends Omit<BatchStoreOptions, "isValidEpoch"> {
  /** Bytes of segments in one transaction; a single segment may be larger. */
  readonly batchBytes: number;
  /** Whether the membership is valid at this moment. While it is not, segments are dropped instead of stored. */
  readonly isAlive: () => boolean;
}

/** Stores segments in the order in which they were added. */
export class Writer {
  #queue: Segment[] = [];
  #bytes = 0;
  /** Incremented by {@link reset}; segments of an older epoch are dropped. */
  #epoch = 0;
  #running: Promise<void> | undefined;
  readonly #failed = Promise.withResolvers<never>();
  #waiters: (() => void)[] = [];
  readonly #store: BatchStore;

  constructor(database: Database, private readonly options: WriterOptions) {
    this.#store = new BatchStore(database, {
      ...options,
      isValidEpoch: (epoch) => epoch === this.#epoch && options.isAlive(),
      onResult: (result) => {
        // The following segments of a fenced partition would be fenced, too.
        if (result.outcome === "fenced") {
          this.#drop((segment) => partitionOf(segment) === partitionKey(result));
        }
        options.onResult(result);
      },
    });
    this.#failed.promise.catch(() => {});
  }

  /** Bytes of segments that are not stored yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Never resolves; rejects with an error that retrying does not solve. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Queues a segment. The segments of a partition must be contiguous. */
  add(segment: Segment): void {
    this.#queue.push(segment);
    this.#count(segment.bytes);
    this.#running ??= this.#runLoop();
  }

  /** Waits until at most `maxBytes` are waiting to be stored. */
  async waitForCapacity(maxBytes: number): Promise<void> {
    while (this.#bytes > maxBytes) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Waits until every queued segment is stored or dropped. */
  async drain(): Promise<void> {
    while (this.#running) await this.#running;
    this.#store.flush();
  }

  /** Drops the queue and waits for the current transaction. To be called before progress is loaded again. */
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

  #drop(shouldDrop: (segment: Segment) => boolean): void {
    const dropped = this.#queue.filter(shouldDrop);
    this.#queue = this.#queue.filter((segment) => !shouldDrop(segment));
    this.#count(-dropped.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  async #runLoop(): Promise<void> {
    // Segments added in the same turn of the event loop, such as the partitions of one fetch, share a transaction.
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
      this.#running = undefined;
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
