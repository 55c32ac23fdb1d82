/**
 * Which blocks of a table to look at. The tables have no index and no key, and may have 50 million rows; what can be read fast
 * without either is a range of blocks.
 *
 * @module
 */

/** Most blocks in one look for new rows: 48 of 8 kB hold about 6,500 rows of `routes_table`. */
export const BLOCKS_MAX = 48;

/**
 * Blocks before the end that are looked at again: each consumer fills a block of its own, and transactions commit in another
 * order than they wrote.
 */
export const OVERLAP_BLOCKS = 32;

/** What blocks to look at for rows that are new. */
export interface BlockSelection {
  /** Ascending. */
  readonly blocks: readonly number[];
  /** There are more blocks than are looked at. */
  readonly sampled: boolean;
}

/**
 * The blocks in which rows may have become visible since the table ended at block `before`. Where they are too many, some of
 * them evenly spread, from `earlier` on, since the last ones belong to transactions that have not committed yet.
 *
 * @param earlier the end of the table one look before the last
 */
export function selectBlocks(earlier: number, before: number, end: number): BlockSelection {
  const from = Math.max(0, Math.min(before, end) - OVERLAP_BLOCKS);
  if (end - from <= BLOCKS_MAX) return { blocks: range(from, end), sampled: false };
  return { blocks: spread(Math.max(0, Math.min(earlier, from)), end, BLOCKS_MAX), sampled: true };
}

/** `count` blocks evenly spread over [from, end), the last one among them; all of them where they are fewer. */
export function spread(from: number, end: number, count: number): number[] {
  const length = end - from;
  if (length <= count) return range(from, end);
  return Array.from({ length: count }, (_, i) => from + Math.floor((i + 1) * length / count) - 1);
}

const range = (from: number, end: number) =>
  Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i);
