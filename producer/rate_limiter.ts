/**
 * How many records are due, at a steady rate.
 *
 * @module
 */

/** Keeps to a rate from its start on: what was missed while Kafka was away is made up for, up to a second's worth. */
export class RateLimiter {
  #start: number;
  #made = 0;

  /**
   * @param rate records a second; 0: as many as there is room for
   * @param now milliseconds
   */
  constructor(private readonly rate: number, now: number) {
    this.#start = now;
  }

  /** Records due at `now`, at most `most`; they count as made. */
  acquire(now: number, most: number): number {
    if (this.rate === 0) return most;
    const missed = (now - this.#start) / 1000 * this.rate - this.#made;
    if (missed > this.rate + most) this.#start += (missed - this.rate) / this.rate * 1000;
    const due = Math.min(most, Math.floor((now - this.#start) / 1000 * this.rate) - this.#made);
    this.#made += Math.max(0, due);
    return Math.max(0, due);
  }

  /** Milliseconds until the next record is due. */
  wait(now: number): number {
    if (this.rate === 0) return 0;
    return Math.max(0, this.#start + (this.#made + 1) / this.rate * 1000 - now);
  }
}
