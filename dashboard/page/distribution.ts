/**
 * Distributions of a column's values.
 *
 * @module
 */
import type { ColumnInfo, Value } from "../protocol.ts";

const BINS = 24;
/** Values listed with their counts. */
const TOP_VALUES = 4;

/** Number of values per bin of equal width. */
export interface Histogram {
  readonly min: number;
  readonly max: number;
  readonly bins: readonly number[];
}

/** The histogram of a column's numbers, over the range of the schema or of the values; `undefined`: there are no numbers. */
export function histogram({ range }: ColumnInfo, values: readonly Value[]): Histogram | undefined {
  const numbers = values.filter((value) => value !== null).map(Number).filter(Number.isFinite);
  if (numbers.length === 0) return undefined;
  const min = Math.min(range?.[0] ?? Infinity, ...numbers),
    max = Math.max(range?.[1] ?? -Infinity, ...numbers);
  const bins = Array.from({ length: BINS }, () => 0);
  for (const number of numbers) {
    const share = max > min ? (number - min) / (max - min) : 0.5;
    bins[Math.min(BINS - 1, Math.floor(share * BINS))]!++;
  }
  return { min, max, bins };
}

/** The most frequent values, and how many others there are. */
export interface TopValues {
  readonly top: readonly (readonly [value: Value, share: number])[];
  /** Number of different values. */
  readonly distinct: number;
}

export function topValues(values: readonly Value[]): TopValues {
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const sorted = [...counts].sort(([, a], [, b]) => b - a);
  return {
    top: sorted.slice(0, TOP_VALUES).map(([value, count]) => [value, count / values.length] as const),
    distinct: counts.size,
  };
}
