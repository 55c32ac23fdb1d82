/**
 * Lag of the stored progress behind the high watermark, and open transactions that block the consumer.
 *
 * @module
 */
import type { Watermarks } from "../shared/kafka/watermarks.ts";
import type { ConsumerEmit } from "./events.ts";
import { lag, openTransactionSeconds } from "./metrics.ts";
import { partitionKey, type TopicPartition } from "../shared/schema/progress.ts";

/** An open transaction is logged when the last stable offset has not moved for this long. */
const OPEN_TRANSACTION_LOG_AFTER_MS = 10_000;
/** Interval of logging it again. */
const OPEN_TRANSACTION_LOG_INTERVAL_MS = 60_000;

/** A partition that is blocked by an open transaction of a producer. */
interface BlockedPartition {
  /** The last stable offset. */
  readonly stable: number;
  /** When it was first seen. */
  readonly since: number;
  nextLogAt: number;
}

/**
 * Reports the lag of partitions.
 *
 * Lag is relative to the high watermark, not to the last stable offset: the records of an open transaction, and those after it, exist
 * although they cannot be read yet.
 */
export class LagReporter {
  readonly #blocked = new Map<string, BlockedPartition>();

  /** @param now a clock in milliseconds */
  constructor(
    private readonly emit: ConsumerEmit,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Updates the metrics of a partition.
   *
   * @param storedOffset read before the watermarks were fetched
   */
  report(at: TopicPartition, storedOffset: number, watermarks: Watermarks): void {
    const { topic, partition } = at;
    lag.set({ topic, partition }, Math.max(0, watermarks.high - storedOffset));
    this.#reportOpenTransaction({ topic, partition }, watermarks);
  }

  /** Forgets all other partitions. */
  retain(assigned: readonly TopicPartition[]): void {
    const keys = new Set(assigned.map(partitionKey));
    for (const key of this.#blocked.keys()) if (!keys.has(key)) this.#blocked.delete(key);
  }

  #reportOpenTransaction(at: TopicPartition, { stable, high }: Watermarks): void {
    const key = partitionKey(at);
    if (stable >= high) {
      if (this.#blocked.delete(key)) openTransactionSeconds.remove({ ...at });
      return;
    }
    const now = this.now();
    let blocked = this.#blocked.get(key);
    if (blocked?.stable !== stable) {
      blocked = { stable, since: now, nextLogAt: now + OPEN_TRANSACTION_LOG_AFTER_MS };
      this.#blocked.set(key, blocked);
    }
    const seconds = (now - blocked.since) / 1000;
    openTransactionSeconds.set({ ...at }, seconds);
    if (now < blocked.nextLogAt) return;
    blocked.nextLogAt = now + OPEN_TRANSACTION_LOG_INTERVAL_MS;
    this.emit("open_transaction_detected", { ...at, stable, high, seconds });
  }
}
