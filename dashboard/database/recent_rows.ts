/**
 * The latest rows of each user.
 *
 * @module
 */
import type { Row } from "../protocol.ts";

/** When there are more, the users seen least recently are dropped. */
const USERS_MAX = 2_000;
/** Rows of all users together that {@link RecentRows.rows} returns. */
const ROWS_MAX = 12_000;

/** Indexes of user and timestamp in a row of any stream. */
export const USER = 0;
export const TIME = 1;

export class RecentRows {
  readonly #users = new Map<number, Row[]>();

  /** @param depth maximum rows per user */
  constructor(private readonly depth: number) {}

  /** Adds rows, in any order. */
  add(rows: readonly Row[]): void {
    for (const row of rows) {
      const user = row[USER]!;
      const list = this.#users.get(user) ?? [];
      // Rows of a user are usually in order.
      let at = list.length;
      while (at > 0 && list[at - 1]![TIME]! > row[TIME]!) at--;
      list.splice(at, 0, row);
      if (list.length > this.depth) list.shift();
      this.#users.delete(user);
      this.#users.set(user, list);
    }
    for (const user of this.#users.keys()) {
      if (this.#users.size <= USERS_MAX) break;
      this.#users.delete(user);
    }
  }

  clear(): void {
    this.#users.clear();
  }

  /** Rows of all users, oldest first within each user; fewer per user if there are many users. */
  rows(): Row[] {
    const each = Math.max(1, Math.min(this.depth, Math.floor(ROWS_MAX / Math.max(1, this.#users.size))));
    return [...this.#users.values()].flatMap((list) => list.slice(-each));
  }
}
