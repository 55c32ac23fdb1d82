/**
 * End-to-end latency of a record: from the producer to its table.
 *
 * @module
 */

/** Kafka's first release, Unix milliseconds. Earlier timestamps are not those of a producer's clock. */
const TIMESTAMP_MIN = Date.UTC(2011, 0, 1);
/** How far the clock of a producer may be ahead. */
const CLOCK_SKEW_MAX_MS = 3_600_000;

/**
 * Seconds between a record's timestamp and `now`; 0 if the producer's clock is ahead.
 *
 * @param timestamp Unix milliseconds, as Kafka stores it: −1 if there is none; clients may set any number
 * @param now Unix milliseconds
 * @returns `undefined` if the timestamp cannot be the time of producing
 */
export function latencySeconds(timestamp: number, now: number): number | undefined {
  if (!(timestamp >= TIMESTAMP_MIN && timestamp <= now + CLOCK_SKEW_MAX_MS)) return undefined;
  return Math.max(0, now - timestamp) / 1000;
}
