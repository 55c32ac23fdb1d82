/**
 * A sample of the stored rows, for the time slider.
 *
 * @module
 */
import type { Row } from "../protocol.ts";
import { TIME } from "./recent_rows.ts";

/** Target size; the sample is halved when it is twice as large. */
export const SAMPLE_ROWS = 10_000;

/** A sample of rows of bounded size; the older the rows, the sparser the sample. */
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

  clear(): void {
    this.#rows = [];
  }

  /** The sample, by timestamp. */
  rows(): readonly Row[] {
    if (!this.#sorted) this.#rows.sort((a, b) => a[TIME] - b[TIME]);
    this.#sorted = true;
    return this.#rows;
  }
}
