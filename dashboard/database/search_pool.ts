/**
 * Searches for users' rows, on connections of their own: however many pages ask, the poll that all pages share goes on.
 *
 * @module
 */
import type pg from "pg";
import { pause } from "../../shared/lifecycle.ts";
import type { Reader } from "./reader.ts";

/** Searches that run at the same time, each on its connection. */
export const CONCURRENT_SEARCHES = 2;
/** More searches than this waiting are refused. */
const WAITING_SEARCHES_MAX = 20;
/** A search that had to wait this long is refused, milliseconds. */
const SEARCH_TIMEOUT_MS = 5_000;

/** Too many searches at the same time; asking again later may succeed. */
export class BusyError extends Error {
  override readonly name = "BusyError";
}

/** Runs searches on a few connections; the others wait for one, in their order. */
export class SearchPool implements AsyncDisposable {
  readonly #free: Pick<Reader, "run">[];
  readonly #waiting: ((reader: Pick<Reader, "run">) => void)[] = [];

  constructor(private readonly readers: readonly (Pick<Reader, "run"> & AsyncDisposable)[]) {
    this.#free = [...readers];
  }

  /**
   * Runs `work` as {@link Reader.run} does.
   *
   * @throws {BusyError} if too many searches wait, or this one waited too long
   * @throws whatever {@link Reader.run} throws
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
    const over = new AbortController();
    const timeout = pause(SEARCH_TIMEOUT_MS, over.signal);
    const reader = await Promise.race([promise, timeout]);
    over.abort();
    if (reader) return reader;
    const at = this.#waiting.indexOf(resolve);
    // It has got one in the very moment.
    if (at < 0) return await promise;
    this.#waiting.splice(at, 1);
    throw new BusyError(`The search waited longer than ${SEARCH_TIMEOUT_MS / 1000} s.`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.readers.map((reader) => reader[Symbol.asyncDispose]()));
  }
}
