/**
 * Counts the faults of a chaos run.
 *
 * @module
 */

interface Entry {
  times: number;
  longestRecoveryMs: number;
}

/** Counts faults and keeps the longest recovery of each. */
export class Tally {
  readonly #entries = new Map<string, Entry>();

  /** @param names of all faults, including those that do not occur */
  constructor(names: readonly string[]) {
    for (const name of names) this.#entries.set(name, { times: 0, longestRecoveryMs: 0 });
  }

  /** Counts a fault with the time from its end until all services recovered. */
  add(name: string, recoveryMs: number): void {
    const entry = this.#entries.get(name)!;
    entry.times++;
    entry.longestRecoveryMs = Math.max(entry.longestRecoveryMs, recoveryMs);
  }

  /** Number of faults so far. */
  get total(): number {
    return [...this.#entries.values()].reduce((sum, { times }) => sum + times, 0);
  }

  /** Returns a table with one line per fault. */
  lines(): string[] {
    const width = Math.max(...[...this.#entries.keys()].map(({ length }) => length));
    return [
      `${"fault".padEnd(width)}  times  longest recovery`,
      ...[...this.#entries].map(([name, { times, longestRecoveryMs }]) =>
        `${name.padEnd(width)}  ${`${times}`.padStart(5)}  ${
          (times === 0 ? "" : `${(longestRecoveryMs / 1_000).toFixed(1)} s`).padStart(16)
        }`
      ),
    ];
  }
}
