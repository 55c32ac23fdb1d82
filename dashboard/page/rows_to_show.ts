/**
 * The rows of the selected key: its figures, route, chart and table all show these.
 *
 * @module
 */
import type { KeyRows, Row } from "../protocol.ts";

/** Latest rows that are shown. */
export const ROWS_MAX = 2_000;

export interface ShownRows {
  /** Oldest first. */
  readonly rows: readonly Row[];
  /** `undefined`: the rows of the database have not arrived yet. */
  readonly extent: KeyRows["extent"] | undefined;
}

/**
 * The rows found in the database, followed by newer ones of the trail.
 *
 * @param found in the database; `undefined`: not yet
 * @param trail of the key on the map
 * @param until latest time in Unix seconds, while the page shows the past
 * @param isUpdated the table has one row per key: the trail is the newest version
 */
export function rowsToShow(
  found: KeyRows | undefined,
  trail: readonly Row[],
  until = Infinity,
  isUpdated = false,
): ShownRows {
  const isUntil = (row: Row) => row[1] <= until;
  const earlier = found?.rows.filter(isUntil) ?? [];
  const last = earlier.at(-1)?.[1];
  if (last === undefined) {
    // Rows before those of the database are on the map as a sample.
    return { rows: trail.filter(isUntil), extent: found && found.rows.length > 0 ? "sample" : undefined };
  }
  if (isUpdated) return { rows: trail.length > 0 ? trail : earlier, extent: "all" };
  const rows = [...earlier, ...trail.filter((row) => isUntil(row) && row[1] > last)];
  return {
    rows: rows.slice(-ROWS_MAX),
    extent: rows.length > ROWS_MAX && found!.extent === "all" ? "latest" : found!.extent,
  };
}
