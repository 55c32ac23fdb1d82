/** Counts rows of numbers, compared bit by bit: 0 and −0 differ, NaN equals NaN. */
export class RowMultiset {
  readonly #counts = new Map<string, number>();
  readonly #doubles: Float64Array;
  readonly #units: Uint16Array;

  /** @param width numbers per row */
  constructor(width: number) {
    this.#doubles = new Float64Array(width);
    this.#units = new Uint16Array(this.#doubles.buffer);
  }

  /** Adds `times` (which may be negative) to the count of a row, and returns the new count. */
  add(row: readonly number[], times = 1): number {
    const key = this.#key(row);
    const count = (this.#counts.get(key) ?? 0) + times;
    this.#counts.set(key, count);
    return count;
  }

  /** Count of a row; undefined if it was never added. */
  count(row: readonly number[]): number | undefined {
    return this.#counts.get(this.#key(row));
  }

  #key(row: readonly number[]): string {
    this.#doubles.set(row);
    return String.fromCharCode(...this.#units);
  }
}
