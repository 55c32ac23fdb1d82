/** Counts rows of numbers, bit for bit: 0 and −0 are two rows, NaN is one. */
export class RowMultiset {
  readonly #counts = new Map<string, number>();
  readonly #doubles: Float64Array;
  readonly #units: Uint16Array;

  /** @param width Numbers in a row. */
  constructor(width: number) {
    this.#doubles = new Float64Array(width);
    this.#units = new Uint16Array(this.#doubles.buffer);
  }

  /** Counts a row `times` more (or fewer, when negative), and returns how often it is there now. */
  add(row: readonly number[], times = 1): number {
    const key = this.#key(row);
    const count = (this.#counts.get(key) ?? 0) + times;
    this.#counts.set(key, count);
    return count;
  }

  /** How often a row is there; undefined when it never was. */
  count(row: readonly number[]): number | undefined {
    return this.#counts.get(this.#key(row));
  }

  #key(row: readonly number[]): string {
    this.#doubles.set(row);
    return String.fromCharCode(...this.#units);
  }
}
