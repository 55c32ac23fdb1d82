/**
 * What a run of chaos has survived, as a table.
 *
 * @module
 */

interface Entry {
  times: number;
  longestMs: number;
}

/** Counts faults, and keeps each one's longest recovery. */
export class Tally {
  readonly #entries = new Map<string, Entry>();

  /** @param names of all faults, also of those that may never come */
  constructor(names: readonly string[]) {
    for (const name of names) this.#entries.set(name, { times: 0, longestMs: 0 });
  }

  /** Counts a fault, and how long it took after its end until all had got over it. */
  add(name: string, recoveryMs: number): void {
    const entry = this.#entries.get(name)!;
    entry.times++;
    entry.longestMs = Math.max(entry.longestMs, recoveryMs);
  }

  /** Faults so far. */
  get total(): number {
    return [...this.#entries.values()].reduce((sum, { times }) => sum + times, 0);
  }

  /** One line a fault. */
  lines(): string[] {
    const width = Math.max(...[...this.#entries.keys()].map(({ length }) => length));
    return [
      `${"fault".padEnd(width)}  times  longest recovery`,
      ...[...this.#entries].map(([name, { times, longestMs }]) =>
        `${name.padEnd(width)}  ${`${times}`.padStart(5)}  ${
          (times === 0 ? "" : `${(longestMs / 1_000).toFixed(1)} s`).padStart(16)
        }`
      ),
    ];
  }
}
