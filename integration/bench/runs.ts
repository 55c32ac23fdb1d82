/**
 * Selects one of several runs.
 *
 * @module
 */

/** The median run, or the lower of two. */
export function median<T>(runs: readonly T[], by: (run: T) => number): T {
  const sorted = [...runs].sort((a, b) => by(a) - by(b));
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/** The fastest run. Used for baselines, which are upper limits. */
export const fastest = <T>(runs: readonly T[], seconds: (run: T) => number): T =>
  runs.reduce((best, run) => seconds(run) < seconds(best) ? run : best);
