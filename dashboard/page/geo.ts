/**
 * Distances and speeds on the globe.
 *
 * @module
 */
import type { Row } from "../protocol.ts";

/** Mean radius of the Earth, metres. */
const RADIUS = 6_371_009;

/** Faster than this, m/s, nobody travels: two such places are not joined by a line. 1,080 km/h, an airliner. */
export const PLAUSIBLE = 300;

const radians = (degrees: number) => degrees * Math.PI / 180;

/** Where latitude and longitude lie in a row. */
export type Place = readonly [latitude: number, longitude: number];

/** Great-circle distance of two rows, metres. */
export function metresBetween(a: Row, b: Row, [lat, lon]: Place): number {
  const [p, q] = [radians(a[lat]!), radians(b[lat]!)];
  const h = Math.sin((q - p) / 2) ** 2 +
    Math.cos(p) * Math.cos(q) * Math.sin(radians(b[lon]! - a[lon]!) / 2) ** 2;
  return 2 * RADIUS * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Speed from one row to the next, m/s; infinite where no time passed and the place is another. */
export function speedBetween(a: Row, b: Row, place: Place): number {
  const metres = metresBetween(a, b, place);
  return metres === 0 ? 0 : metres / Math.max(0, b[1]! - a[1]!);
}

/** Whether somebody may have travelled from one row to the next. */
export const isTravel = (a: Row, b: Row, place: Place): boolean => speedBetween(a, b, place) <= PLAUSIBLE;

/** The median of the speeds along a route, m/s, leaps among them; `undefined` where there is none. */
export function medianSpeed(rows: readonly Row[], place: Place): number | undefined {
  const speeds = rows.slice(1).map((row, i) => speedBetween(rows[i]!, row, place)).filter(Number.isFinite);
  return speeds.sort((a, b) => a - b)[Math.floor(speeds.length / 2)];
}

/** The route's stretches that somebody may have travelled in one go. */
export function stretches(rows: readonly Row[], place: Place): Row[][] {
  const result: Row[][] = [];
  let current: Row[] = [];
  for (const row of rows) {
    const last = current.at(-1);
    if (last && !isTravel(last, row, place)) {
      result.push(current);
      current = [];
    }
    current.push(row);
  }
  if (current.length > 0) result.push(current);
  return result;
}

/** A round number of metres that is at most `most`, for the bar of a scale: 1, 2 or 5 with zeros. */
export function roundDistance(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return power * ([5, 2, 1].find((digit) => digit * power <= most) ?? 1);
}
