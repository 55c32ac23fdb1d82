/// <reference lib="dom" />
/**
 * Draws trails, discs and labels of the map.
 *
 * @module
 */
import type { Point } from "./map_input.ts";

/** Longitude and latitude, degrees. */
export type Place = readonly [longitude: number, latitude: number];

/** Splits a route at the antimeridian, which is at both edges of the world map. */
export function splitAtAntimeridian(places: readonly Place[]): Place[][] {
  const parts: Place[][] = [[]];
  for (const place of places) {
    const before = parts.at(-1)!.at(-1);
    if (before && Math.abs(place[0] - before[0]) > 180) parts.push([]);
    parts.at(-1)!.push(place);
  }
  return parts;
}

/** Draws a plausible part of a route: lines, or a square if it has one place. */
export function drawSegment(
  context: CanvasRenderingContext2D,
  parts: readonly (readonly Place[])[],
  { project, inside, selected }: {
    readonly project: (place: Place) => Point | undefined;
    readonly inside: (point: Point) => boolean;
    readonly selected: boolean;
  },
): void {
  context.lineWidth = selected ? 2.5 : 1.3;
  for (const places of parts) {
    const points = places.map(project).filter((point) => point !== undefined);
    if (!points.some(inside)) continue;
    if (points.length > 1) {
      context.globalAlpha = selected ? 0.9 : 0.45;
      context.beginPath();
      points.forEach((point, i) => i === 0 ? context.moveTo(...point) : context.lineTo(...point));
      context.stroke();
    } else if (points[0]) {
      // A place that no plausible travel connects to the others.
      context.globalAlpha = selected ? 0.8 : 0.28;
      const size = selected ? 4 : 1.8;
      context.fillRect(points[0][0] - size / 2, points[0][1] - size / 2, size, size);
    }
  }
}

/** Draws a filled disc. */
export function drawDisc(
  context: CanvasRenderingContext2D,
  [x, y]: Point,
  radius: number,
  style: string,
): void {
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

/** Draws a text beside a point, on its left side if there is no space on the right. */
export function drawLabel(
  context: CanvasRenderingContext2D,
  text: string,
  [x, y]: Point,
  width: number,
  { panel, ink }: { panel: string; ink: string },
): void {
  context.font = "500 12.5px Inter, system-ui, sans-serif";
  const length = context.measureText(text).width;
  const left = x + length + 24 > width ? x - length - 24 : x + 10;
  context.fillStyle = panel;
  context.beginPath();
  context.roundRect(left, y - 11, length + 14, 22, 6);
  context.fill();
  context.fillStyle = ink;
  context.textBaseline = "middle";
  context.fillText(text, left + 7, y + 0.5);
}
