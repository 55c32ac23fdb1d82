/**
 * Quantiles of durations.
 *
 * @module
 */

/** The quantiles 0.5, 0.99 and 0.999, milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** @param times at least one, milliseconds */
export function quantiles(times: readonly number[]): Quantiles {
  const sorted = Float64Array.from(times).sort();
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
