/**
 * Lag: how far the stored progress is behind the high watermark, and open transactions that keep the consumer from reading on.
 *
 * @module
 */
import type { Watermarks } from "../shared/kafka/watermarks.ts";
import type { ConsumerEmit } from "./events.ts";
import { lag, openTransactionSeconds } from "./metrics.ts";
import { partitionKey, type TopicPartition } from "../shared/schema/progress.ts";

/** After so long without a move of the last stable offset, milliseconds, an open transaction is logged. */
const OPEN_TRANSACTION_LOG_AFTER_MS = 10_000;
/** And again after each further such time. */
const OPEN_TRANSACTION_LOG_INTERVAL_MS = 60_000;

/** A partition that an open transaction of a producer blocks. */
interface Blocked {
  readonly stable: number;
  readonly since: number;
  nextLogAt: number;
}

/**
 * Reports the lag of partitions.
 *
 * Lag is relative to the high watermark and not to the last stable offset: records of an open transaction, and those behind it, exist
 * although they cannot be read yet.
 */
export class LagReporter {
  readonly #blocked = new Map<string, Blocked>();

  /** @param now a clock in milliseconds */
  constructor(
    private readonly tell: ConsumerEmit,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /**
   * Reports a partition.
   *
   * @param storedOffset read before the watermarks were fetched
   */
  report(at: TopicPartition, storedOffset: number, watermarks: Watermarks): void {
    const { topic, partition } = at;
    lag.set({ topic, partition }, Math.max(0, watermarks.high - storedOffset));
    this.#reportOpenTransaction({ topic, partition }, watermarks);
  }

  /** Removes partitions that are no longer held. */
  retain(held: readonly TopicPartition[]): void {
    const keys = new Set(held.map(partitionKey));
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
    this.tell("open_transaction_detected", { ...at, stable, high, seconds });
  }
}
