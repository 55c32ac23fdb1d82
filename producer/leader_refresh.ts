/**
 * Keeps the partitions' leaders up to date: regularly, and soon when a request fails or a partition has no leader.
 *
 * @module
 */
import { pause } from "../shared/lifecycle.ts";

/** Between two requests while all partitions have leaders, as Kafka's `metadata.max.age.ms`, but for new partitions to be used sooner. */
const INTERVAL_MS = 30_000;
/** The same while a partition has none. */
const LEADERLESS_INTERVAL_MS = 500;
/** Least time between two requests. */
const MIN_INTERVAL_MS = 100;

/** Calls a function that fetches the leaders, again and again until it is disposed of. */
export class LeaderRefresh implements Disposable {
  readonly #over = new AbortController();
  #wake = new AbortController();

  /** @param refresh returns whether all partitions have leaders; it does not throw */
  constructor(private readonly refresh: () => Promise<boolean>) {
    this.#runLoop();
  }

  /** Has the leaders fetched soon. */
  request(): void {
    this.#wake.abort();
  }

  async #runLoop(): Promise<void> {
    const { signal } = this.#over;
    for (let isComplete = true; !signal.aborted;) {
      await pause(MIN_INTERVAL_MS, signal);
      const interval = isComplete ? INTERVAL_MS : LEADERLESS_INTERVAL_MS;
      await pause(interval - MIN_INTERVAL_MS, AbortSignal.any([signal, this.#wake.signal]));
      this.#wake = new AbortController();
      if (!signal.aborted) isComplete = await this.refresh();
    }
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }
}
