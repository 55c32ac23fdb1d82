/**
 * Searches for users' rows on separate connections, so that they do not delay the poll that all pages share.
 *
 * @module
 */
import type pg from "pg";
import { pause } from "../../shared/lifecycle.ts";
import type { Reader } from "./reader.ts";

/** Concurrent searches, each on its own connection. */
export const CONCURRENT_SEARCHES = 2;
/** Further searches are rejected. */
const WAITING_SEARCHES_MAX = 20;
/** Maximum time that a search waits for a connection. */
const SEARCH_TIMEOUT_MS = 5_000;

/** Too many concurrent searches; a later retry may succeed. */
export class BusyError extends Error {
  override readonly name = "BusyError";
}

/** Runs searches on a few connections. Further searches wait in FIFO order. */
export class SearchPool implements AsyncDisposable {
  readonly #free: Pick<Reader, "run">[];
  readonly #waiting: ((reader: Pick<Reader, "run">) => void)[] = [];

  constructor(private readonly readers: readonly (Pick<Reader, "run"> & AsyncDisposable)[]) {
    this.#free = [...readers];
  }

  /**
   * Runs `work` as {@link Reader.run} does.
   *
   * @throws {BusyError} if too many searches wait, or this one exceeds its timeout
   * @throws what {@link Reader.run} throws
   */
  async run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const reader = this.#free.shift() ?? await this.#wait();
    try {
      return await reader.run(work);
    } finally {
      const next = this.#waiting.shift();
      if (next) next(reader);
      else this.#free.push(reader);
    }
  }

  async #wait(): Promise<Pick<Reader, "run">> {
    if (this.#waiting.length >= WAITING_SEARCHES_MAX) throw new BusyError("Too many searches are waiting.");
    const { promise, resolve } = Promise.withResolvers<Pick<Reader, "run">>();
    this.#waiting.push(resolve);
    const done = new AbortController();
    const timeout = pause(SEARCH_TIMEOUT_MS, done.signal);
    const reader = await Promise.race([promise, timeout]);
    done.abort();
    if (reader) return reader;
    const at = this.#waiting.indexOf(resolve);
    // A connection was assigned in the same moment.
    if (at < 0) return await promise;
    this.#waiting.splice(at, 1);
    throw new BusyError(`The search waited longer than ${SEARCH_TIMEOUT_MS / 1000} s.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader[Symbol.asyncDispose]()));
  }
}
