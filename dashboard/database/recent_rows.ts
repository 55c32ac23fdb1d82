/**
 * The latest rows of each user, in memory.
 *
 * @module
 */
import type { Row } from "../protocol.ts";

/** Users that are kept; whoever was seen longest ago is forgotten first. */
const USERS_MAX = 2_000;
/** Rows that are kept, all users together. */
const ROWS_MAX = 12_000;

/** Column of the user, and of the timestamp, in a row of any stream. */
export const USER = 0;
export const TIME = 1;

/** Keeps the latest rows of each user by timestamp. */
export class RecentRows {
  readonly #users = new Map<number, Row[]>();

  /** @param depth most rows of a user */
  constructor(private readonly depth: number) {}

  /** Adds rows, in any order. */
  add(rows: readonly Row[]): void {
    for (const row of rows) {
      const user = row[USER]!;
      const list = this.#users.get(user) ?? [];
      // Rows of a user nearly always come in order; a late one is put in its place.
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

  /** Forgets all. */
  clear(): void {
    this.#users.clear();
  }

  /** Rows of all users, oldest first within each: fewer of each where the users are many. */
  rows(): Row[] {
    const each = Math.max(1, Math.min(this.depth, Math.floor(ROWS_MAX / Math.max(1, this.#users.size))));
    return [...this.#users.values()].flatMap((list) => list.slice(-each));
  }
}
