/**
 * What was where at some time: trails out of the sample of all that is stored.
 *
 * @module
 */
import type { Row } from "../protocol.ts";
import type { Trails } from "./model.ts";

/** Rows before a moment that make the picture of that moment. */
const WINDOW = 3_000;
/** Rows of a trail. */
const TRAIL = 30;

/**
 * The trails as they were when the row at `index` was the latest.
 *
 * @param rows a sample of all, oldest first
 */
export function trailsAt(rows: readonly Row[], index: number): Trails {
  const trails: Trails = new Map();
  for (let i = index; i >= Math.max(0, index - WINDOW); i--) {
    const row = rows[i];
    if (!row) continue;
    const list = trails.get(row[0]!);
    if (!list) trails.set(row[0]!, [row]);
    else if (list.length < TRAIL) list.push(row);
  }
  for (const list of trails.values()) list.reverse();
  return trails;
}
