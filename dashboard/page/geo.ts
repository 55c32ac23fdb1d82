/**
 * Distances and speeds between rows.
 *
 * @module
 */
import type { Row } from "../protocol.ts";

/** Mean radius of the Earth, meters. */
const EARTH_RADIUS_M = 6_371_009;

/** Maximum plausible speed, m/s (1,080 km/h, an airliner). Places that require more are not connected by a line. */
export const SPEED_MAX = 300;

const radians = (degrees: number) => degrees * Math.PI / 180;

/** Indexes of latitude and longitude in a row. */
export type PlaceColumns = readonly [latitude: number, longitude: number];

/** Latitude and longitude of a row. */
export const placeOf = (
  row: Row,
  [latitude, longitude]: PlaceColumns,
): [latitude: number, longitude: number] => [
  row[latitude] as number,
  row[longitude] as number,
];

/** Great-circle distance of two rows, meters. */
export function distanceMeters(a: Row, b: Row, place: PlaceColumns): number {
  const [[latitudeA, longitudeA], [latitudeB, longitudeB]] = [placeOf(a, place), placeOf(b, place)];
  const [p, q] = [radians(latitudeA), radians(latitudeB)];
  const h = Math.sin((q - p) / 2) ** 2 +
    Math.cos(p) * Math.cos(q) * Math.sin(radians(longitudeB - longitudeA) / 2) ** 2;
  return 2 * EARTH_RADIUS_M * Math.asin(Math.min(1, Math.sqrt(h)));
}

/** Speed from one row to the next, m/s; infinite if the places differ and the timestamps do not. */
export function speedBetween(a: Row, b: Row, place: PlaceColumns): number {
  const meters = distanceMeters(a, b, place);
  return meters === 0 ? 0 : meters / Math.max(0, b[1] - a[1]);
}

/** Whether the speed from one row to the next is plausible ({@link SPEED_MAX}). */
export const isPlausibleTravel = (a: Row, b: Row, place: PlaceColumns): boolean =>
  speedBetween(a, b, place) <= SPEED_MAX;

/** Median of all finite speeds along a route, m/s; `undefined`: there are none. */
export function medianSpeed(rows: readonly Row[], place: PlaceColumns): number | undefined {
  const speeds = rows.slice(1).map((row, i) => speedBetween(rows[i]!, row, place)).filter(Number.isFinite);
  return speeds.sort((a, b) => a - b)[Math.floor(speeds.length / 2)];
}

/** Splits a route wherever the speed between two rows is not plausible. */
export function splitIntoSegments(rows: readonly Row[], place: PlaceColumns): Row[][] {
  const result: Row[][] = [];
  let current: Row[] = [];
  for (const row of rows) {
    const last = current.at(-1);
    if (last && !isPlausibleTravel(last, row, place)) {
      result.push(current);
      current = [];
    }
    current.push(row);
  }
  if (current.length > 0) result.push(current);
  return result;
}

/** The largest 1, 2 or 5 × 10ⁿ that is at most `max`, for a scale bar. */
export function roundDistance(max: number): number {
  const power = 10 ** Math.floor(Math.log10(max));
  return power * ([5, 2, 1].find((digit) => digit * power <= max) ?? 1);
}
