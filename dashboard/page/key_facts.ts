/**
 * Figures of the rows of a key.
 *
 * @module
 */
import type { Row } from "../protocol.ts";
import { formatDegrees, formatDistance, formatPeriod, formatTimestamp, plural } from "./format.ts";
import {
  distanceMeters,
  isPlausibleTravel,
  medianSpeed,
  type PlaceColumns,
  placeOf,
  SPEED_MAX,
  splitIntoSegments,
} from "./geo.ts";
import { extentText } from "./key_search.ts";
import type { ShownRows } from "./rows_to_show.ts";

/** Names and values of the figures. */
export function keyFacts({ rows, extent }: ShownRows, place: PlaceColumns): [name: string, value: string][] {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return [];
  const [latitude, longitude] = placeOf(last, place);
  const speed = medianSpeed(rows, place);
  const text = speed === undefined ? "–" : speed > SPEED_MAX ? `${kmh(speed)} (implausible)` : kmh(speed);
  return [
    [
      "Last position",
      `${formatDegrees(latitude, ["N", "S"])}  ${formatDegrees(longitude, ["E", "W"])}`,
    ],
    ["Last seen", formatTimestamp(last[1])],
    ["Shown", extentText(rows.length, extent)],
    ["Period", formatPeriod(first[1], last[1])],
    ["Median speed", text],
  ];
}

const kmh = (speed: number) =>
  `${(speed * 3.6).toLocaleString("en-US", { maximumSignificantDigits: 3 })} km/h`;

/** Distance and number of positions of a route. */
export function routeText(rows: readonly Row[], place: PlaceColumns): string {
  const steps = rows.slice(1).map((row, i) => [rows[i]!, row] as const);
  const plausible = steps.filter(([a, b]) => isPlausibleTravel(a, b, place));
  if (steps.length > 0 && plausible.length === 0) return "No plausible route: the positions look random.";
  const meters = plausible.reduce((sum, [a, b]) => sum + distanceMeters(a, b, place), 0);
  const jumps = splitIntoSegments(rows, place).length - 1;
  return `${formatDistance(meters)}, ${plural(rows.length, "position")}, from ○ to ●` +
    (jumps > 0 ? `, with ${plural(jumps, "jump")}` : "");
}
