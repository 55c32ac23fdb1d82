/**
 * Selects the blocks of a table to read. The tables have no index and may have 50 million rows; only ranges of blocks can be read
 * quickly.
 *
 * @module
 */

/** Blocks read per poll: 48 of 8 kB contain about 6,500 rows of `routes_table`. */
export const BLOCKS_MAX = 48;

/**
 * Blocks before the end that are read again: each backend fills its own block, and transactions do not commit in the order in which
 * they wrote.
 */
export const OVERLAP_BLOCKS = 32;

/** Blocks read per poll of a table whose rows are updated. */
export const UPDATED_BLOCKS_MAX = 128;

export interface BlockSelection {
  /** Ascending. */
  readonly blocks: readonly number[];
  /** Not all blocks with possibly new rows are selected. */
  readonly sampled: boolean;
}

/**
 * The blocks in which rows may have become visible since the table ended at block `before`. If there are too many, selects some,
 * evenly spread from `earlier` on, since the last blocks may belong to transactions that have not committed yet.
 *
 * @param earlier the end of the table one poll before `before`
 */
export function selectBlocks(earlier: number, before: number, end: number): BlockSelection {
  const from = Math.max(0, Math.min(before, end) - OVERLAP_BLOCKS);
  if (end - from <= BLOCKS_MAX) return { blocks: range(from, end), sampled: false };
  return { blocks: spread(Math.max(0, Math.min(earlier, from)), end, BLOCKS_MAX), sampled: true };
}

/** `count` blocks evenly spread over [from, end), including the last; all if there are fewer. */
export function spread(from: number, end: number, count: number): number[] {
  const length = end - from;
  if (length <= count) return range(from, end);
  return Array.from({ length: count }, (_, i) => from + Math.floor((i + 1) * length / count) - 1);
}

const range = (from: number, end: number) =>
  Array.from({ length: Math.max(0, end - from) }, (_, i) => from + i);

/**
 * Selects the blocks that are searched for changed rows in a table whose rows are updated: a new version of a row can be in any block. Of a
 * large table, each poll selects other blocks.
 *
 * @param poll number of the poll
 */
export function selectUpdatedBlocks(blocks: number, poll: number): BlockSelection {
  const step = Math.max(1, Math.ceil(blocks / UPDATED_BLOCKS_MAX));
  const count = Math.ceil((blocks - poll % step) / step);
  return {
    blocks: Array.from({ length: Math.max(0, count) }, (_, i) => poll % step + i * step),
    sampled: step > 1,
  };
}
