/**
 * Quantiles of measured times.
 *
 * @module
 */

/** Half, 99 and 99.9 of 100 took no longer than this, milliseconds. */
export interface Quantiles {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
}

/** @param times milliseconds, at least one */
export function quantiles(times: readonly number[]): Quantiles {
  const sorted = Float64Array.from(times).sort();
  const at = (q: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * q))]!;
  return { p50: at(0.5), p99: at(0.99), p999: at(0.999) };
}
