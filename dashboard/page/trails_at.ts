/**
 * Trails at a time in the past, from a sample of the stored rows.
 *
 * @module
 */
import type { Row } from "../protocol.ts";
import type { Trails } from "./model.ts";

/** Rows before the given one that are searched. */
const WINDOW_ROWS = 3_000;
const TRAIL_ROWS_MAX = 30;

/**
 * The trails as they were when the row at `index` was the latest.
 *
 * @param rows oldest first
 */
export function trailsAt(rows: readonly Row[], index: number): Trails {
  const trails: Trails = new Map();
  for (let i = index; i >= Math.max(0, index - WINDOW_ROWS); i--) {
    const row = rows[i];
    if (!row) continue;
    const list = trails.get(row[0]);
    if (!list) trails.set(row[0], [row]);
    else if (list.length < TRAIL_ROWS_MAX) list.push(row);
  }
  for (const list of trails.values()) list.reverse();
  return trails;
}
