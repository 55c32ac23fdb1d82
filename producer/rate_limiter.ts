/**
 * Limits records to a steady rate.
 *
 * @module
 */

/** After a pause, catches up with at most one second's records. Times are in milliseconds. */
export class RateLimiter {
  #start: number;
  #acquired = 0;

  /** @param rate records per second; 0: unlimited */
  constructor(private readonly rate: number, now: number) {
    this.#start = now;
  }

  /** Returns the number of records due at `now`, at most `max`, and counts them as generated. */
  acquire(now: number, max: number): number {
    if (this.rate === 0) return max;
    const missed = (now - this.#start) / 1000 * this.rate - this.#acquired;
    if (missed > this.rate + max) this.#start += (missed - this.rate) / this.rate * 1000;
    const due = Math.min(max, Math.floor((now - this.#start) / 1000 * this.rate) - this.#acquired);
    this.#acquired += Math.max(0, due);
    return Math.max(0, due);
  }

  /** Time until the next record is due. */
  msUntilDue(now: number): number {
    if (this.rate === 0) return 0;
    return Math.max(0, this.#start + (this.#acquired + 1) / this.rate * 1000 - now);
  }
}
