/// <reference lib="dom" />
/**
 * Draws a route to scale, north up.
 *
 * @module
 */
import type { Row } from "../protocol.ts";
import { color, fitCanvas } from "./dom.ts";
import { formatDistance } from "./format.ts";
import { isPlausibleTravel, type PlaceColumns, placeOf, roundDistance } from "./geo.ts";

const METERS_PER_DEGREE = 111_320;
/** Maximum length of the scale bar, pixels. */
const SCALE_BAR_MAX = 90;

/** Draws all rows, with a line where travel is plausible. */
export function drawRoute(canvas: HTMLCanvasElement, rows: readonly Row[], place: PlaceColumns): void {
  const at = fitCanvas(canvas);
  if (!at || rows.length === 0) return;
  const { context, width, height } = at;
  const points = toMeters(rows, place);
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const meters = Math.max((right - left) / (width - 40), (top - bottom) / (height - 60), 0.05);
  const pixels = points.map(([east, north]) =>
    [
      width / 2 + (east - (left + right) / 2) / meters,
      height / 2 - 8 - (north - (top + bottom) / 2) / meters,
    ] as const
  );
  context.lineJoin = context.lineCap = "round";
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = color("accent");
  context.beginPath();
  pixels.forEach(([x, y], i) => {
    const before = rows[i - 1];
    if (before && isPlausibleTravel(before, rows[i]!, place)) return context.lineTo(x, y);
    // A dot, if no line follows.
    context.moveTo(x, y);
    context.lineTo(x, y + 0.01);
  });
  context.stroke();
  const drawEnd = (index: number, solid: boolean) => {
    context.beginPath();
    context.arc(...pixels.at(index)!, 4.5, 0, 2 * Math.PI);
    context.fillStyle = solid ? color("accent") : color("sea");
    context.fill();
    context.stroke();
  };
  drawEnd(0, false);
  drawEnd(-1, true);
  drawScale(context, meters, height);
}

/** Meters east and north of the middle row, also across the antimeridian. */
function toMeters(rows: readonly Row[], place: PlaceColumns): (readonly [east: number, north: number])[] {
  const [middleLatitude, middleLongitude] = placeOf(rows[Math.floor(rows.length / 2)]!, place);
  const narrowing = Math.max(0.02, Math.cos(middleLatitude * Math.PI / 180));
  return rows.map((row) => {
    const [latitude, longitude] = placeOf(row, place);
    const east = (longitude - middleLongitude + 540) % 360 - 180;
    return [
      east * narrowing * METERS_PER_DEGREE,
      (latitude - middleLatitude) * METERS_PER_DEGREE,
    ] as const;
  });
}

function drawScale(context: CanvasRenderingContext2D, meters: number, height: number): void {
  const round = roundDistance(meters * SCALE_BAR_MAX);
  const length = round / meters;
  context.strokeStyle = context.fillStyle = color("muted");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(12.5, height - 24);
  context.lineTo(12.5, height - 19.5);
  context.lineTo(12.5 + length, height - 19.5);
  context.lineTo(12.5 + length, height - 24);
  context.stroke();
  context.font = "12px Inter, system-ui, sans-serif";
  context.textBaseline = "alphabetic";
  context.fillText(formatDistance(round), 12, height - 6);
}
