/**
 * How long a record took from the producer into its table.
 *
 * @module
 */

/** Kafka's first release: no producer's clock was earlier. Unix milliseconds. */
const EARLIEST = Date.UTC(2011, 0, 1);
/** How far a producer's clock may be ahead of ours. */
const MAX_AHEAD_MS = 3_600_000;

/**
 * Seconds between a record's timestamp and `now`; 0 if the producer's clock is ahead.
 *
 * @param timestamp Unix milliseconds, as Kafka stores it: −1 stands for none, and a client may set any number
 * @returns `undefined` when the timestamp is no time of sending
 */
export function latencySeconds(timestamp: number, now: number): number | undefined {
  if (!(timestamp >= EARLIEST && timestamp <= now + MAX_AHEAD_MS)) return undefined;
  return Math.max(0, now - timestamp) / 1000;
}
