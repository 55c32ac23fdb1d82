/**
 * A sample of all that is stored, for the time slider, in memory.
 *
 * @module
 */
import type { Row } from "../protocol.ts";
import { TIME } from "./recent_rows.ts";

/** Rows that are kept, at most twice as many in between. */
export const SAMPLE_ROWS = 10_000;

/** Keeps a sample of rows that thins out as it grows: what is older is sparser. */
export class RowSample {
  #rows: Row[] = [];
  #sorted = true;

  /** Adds rows, in any order. */
  add(rows: readonly Row[]): void {
    if (rows.length === 0) return;
    for (const row of rows) this.#rows.push(row);
    this.#sorted = false;
    while (this.#rows.length > 2 * SAMPLE_ROWS) this.#rows = this.rows().filter((_, i) => i % 2 === 1);
  }

  /** Forgets all. */
  clear(): void {
    this.#rows = [];
  }

  /** The sample, by timestamp. */
  rows(): readonly Row[] {
    if (!this.#sorted) this.#rows.sort((a, b) => a[TIME]! - b[TIME]!);
    this.#sorted = true;
    return this.#rows;
  }
}
