/**
 * The latest rows of each key.
 *
 * @module
 */
import type { Row } from "../protocol.ts";

/** When there are more, the keys seen least recently are dropped. */
const KEYS_MAX = 2_000;
/** Rows of all keys together that {@link RecentRows.rows} returns. */
const ROWS_MAX = 12_000;

/** Indexes of key and time in a row of any stream. */
export const KEY = 0;
export const TIME = 1;

export class RecentRows {
  readonly #keys = new Map<string, Row[]>();

  /**
   * @param depth maximum rows per key
   * @param isUpdated the table has one row per key: a row added later replaces the earlier ones of its key, also if its time is older
   */
  constructor(private readonly depth: number, private readonly isUpdated = false) {}

  /** Adds rows, in any order. */
  add(rows: readonly Row[]): void {
    for (const row of rows) {
      const key = row[KEY];
      const list = this.#keys.get(key) ?? [];
      // Rows of a key are usually in order.
      let at = list.length;
      while (!this.isUpdated && at > 0 && list[at - 1]![TIME] > row[TIME]) at--;
      list.splice(at, 0, row);
      if (list.length > this.depth) list.shift();
      this.#keys.delete(key);
      this.#keys.set(key, list);
    }
    for (const key of this.#keys.keys()) {
      if (this.#keys.size <= KEYS_MAX) break;
      this.#keys.delete(key);
    }
  }

  /** Removes the keys that are not among `existing`, and returns them. */
  retain(existing: ReadonlySet<string>): string[] {
    const removed = [...this.#keys.keys()].filter((key) => !existing.has(key));
    for (const key of removed) this.#keys.delete(key);
    return removed;
  }

  clear(): void {
    this.#keys.clear();
  }

  /** Rows of all keys, oldest first within each key; fewer per key if there are many keys. */
  rows(): Row[] {
    const each = Math.max(1, Math.min(this.depth, Math.floor(ROWS_MAX / Math.max(1, this.#keys.size))));
    return [...this.#keys.values()].flatMap((list) => list.slice(-each));
  }
}
