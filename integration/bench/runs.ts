/**
 * Selects one of several runs.
 *
 * @module
 */

/** The one in the middle: of the runs of what is measured. */
export function median<T>(runs: readonly T[], by: (run: T) => number): T {
  const sorted = [...runs].sort((a, b) => by(a) - by(b));
  return sorted[Math.floor((sorted.length - 1) / 2)]!;
}

/** The fastest: of the runs of a limit, since that is what is possible. */
export const fastest = <T>(runs: readonly T[], seconds: (run: T) => number): T =>
  runs.reduce((best, run) => seconds(run) < seconds(best) ? run : best);
