/**
 * Quantiles of a Prometheus histogram.
 *
 * @see https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile
 * @module
 */

/** Cumulative counts by upper bound. */
export type Buckets = ReadonlyMap<number, number>;

/**
 * The q-quantile, interpolated within its bucket. In the +Inf bucket, returns the lower bound of that bucket.
 *
 * @returns `null` if there are no observations
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.equal(quantile(new Map([[1, 50], [2, 100], [Infinity, 100]]), 0.75), 1.5);
 * ```
 */
export function quantile(buckets: Buckets, q: number): number | null {
  const bounds = [...buckets].sort(([a], [b]) => a - b);
  const total = bounds.at(-1)?.[1] ?? 0;
  if (!(total > 0)) return null;
  const rank = q * total;
  let [below, start] = [0, 0];
  for (const [bound, count] of bounds) {
    if (count >= rank) {
      if (bound === Infinity) return start;
      return count === below ? bound : start + (bound - start) * (rank - below) / (count - below);
    }
    [below, start] = [count, bound];
  }
  return start;
}
