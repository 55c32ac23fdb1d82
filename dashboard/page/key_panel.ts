/// <reference lib="dom" />
/**
 * The panel of the selected key: facts, route, speed and table.
 *
 * @module
 */
import uPlot from "uplot";
import type { KeyRows, Row, StreamInfo } from "../protocol.ts";
import { axis, timeAxis } from "./charts.ts";
import { byId, color, el, fitCanvas, replaceChildren, setText } from "./dom.ts";
import { formatDegrees, formatDistance, formatTimestamp, keyNoun } from "./format.ts";
import {
  distanceMeters,
  isPlausibleTravel,
  medianSpeed,
  type PlaceColumns,
  placeOf,
  roundDistance,
  SPEED_MAX,
  speedBetween,
  splitIntoSegments,
} from "./geo.ts";

const REFRESH_INTERVAL_MS = 5_000;
/** Rows of the table. */
const ROWS_MAX = 200;
/** Segments, from the end, among which the longest is chosen as the route. */
const SEGMENTS_MAX = 20;
const METERS_PER_DEGREE = 111_320;

export class KeyPanel {
  #key: string | undefined;
  #rows: readonly Row[] = [];
  #place: PlaceColumns = [2, 3];
  #plot: uPlot | undefined;
  #fetchedAt = -Infinity;

  /**
   * @param onClose called when the panel is closed
   * @param onZoom called to show the route on the map
   * @param onRoute called with the rows of the key from the database
   */
  constructor(
    onClose: () => void,
    onZoom: (rows: readonly Row[]) => void,
    private readonly onRoute: (key: string, rows: readonly Row[]) => void,
  ) {
    byId("key-close").addEventListener("click", onClose);
    byId("key-zoom").addEventListener("click", () => onZoom(longestSegment(this.#rows, this.#place)));
    new ResizeObserver(() => this.redraw()).observe(byId("key"));
  }

  /**
   * Shows a key; `undefined`: hides the panel.
   *
   * @param known rows to show until those of the database arrive
   * @param isDatabaseAvailable whether to fetch rows from the database
   */
  select(
    key: string | undefined,
    stream: Pick<StreamInfo, "name" | "key">,
    place: PlaceColumns,
    known: readonly Row[],
    isDatabaseAvailable: boolean,
  ): void {
    this.#key = key;
    this.#place = place;
    this.#rows = known;
    this.#fetchedAt = -Infinity;
    byId("key").hidden = key === undefined;
    byId("main").classList.toggle("with-key", key !== undefined);
    if (key === undefined) return;
    setText(byId("key-title"), `${keyNoun(stream.key)} ${key}`);
    this.redraw();
    if (isDatabaseAvailable) void this.refresh(stream.name);
  }

  /** Fetches the rows of the key, at most once per {@link REFRESH_INTERVAL_MS}. */
  async refresh(stream: string): Promise<void> {
    const key = this.#key;
    if (key === undefined || performance.now() - this.#fetchedAt < REFRESH_INTERVAL_MS) return;
    this.#fetchedAt = performance.now();
    try {
      const response = await fetch(
        `/api/rows?stream=${encodeURIComponent(stream)}&key=${encodeURIComponent(key)}`,
      );
      if (!response.ok) return;
      const { rows }: KeyRows = await response.json();
      if (key !== this.#key || rows.length < 1) return;
      this.#rows = rows;
      this.redraw();
      this.onRoute(key, rows);
    } catch {
      // Keeps the known rows. The connection reports that the service is unreachable.
    }
  }

  /** Redraws the panel, for example after a change of size or colors. */
  redraw(): void {
    if (this.#key === undefined) return;
    const [rows, place] = [this.#rows, this.#place];
    showFacts(rows, place);
    drawRoute(rows, place);
    this.#drawSpeed();
    showTable(rows, place);
  }

  #drawSpeed(): void {
    this.#plot?.destroy();
    const holder = byId("speed");
    // Only one segment: details would be invisible over weeks of rows.
    const route = longestSegment(this.#rows, this.#place);
    const speeds = route.map((row, i) =>
      i === 0 ? null : speedBetween(route[i - 1]!, row, this.#place) * 3.6
    );
    holder.parentElement!.hidden = route.length < 3;
    if (route.length < 3) return;
    this.#plot = new uPlot(
      {
        width: holder.clientWidth,
        height: holder.clientHeight,
        padding: [8, 28, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [timeAxis(), axis({ size: 44 })],
        series: [{}, { stroke: color("accent"), width: 1.5, points: { show: false }, fill: color("tint") }],
      },
      [route.map((row) => row[1]), speeds] as uPlot.AlignedData,
      holder,
    );
  }
}

/** The longest of the last segments, the latest of equal ones. */
function longestSegment(rows: readonly Row[], place: PlaceColumns): readonly Row[] {
  const last = splitIntoSegments(rows, place).slice(-SEGMENTS_MAX);
  return last.reduce((best, segment) => segment.length >= best.length ? segment : best, last[0] ?? []);
}

function showFacts(rows: readonly Row[], place: PlaceColumns): void {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return;
  const [latitude, longitude] = placeOf(last, place);
  const speed = medianSpeed(rows, place);
  const isRandom = rows.length > 1 &&
    !rows.slice(1).some((row, i) => isPlausibleTravel(rows[i]!, row, place));
  const text = speed === undefined ? "–" : speed > SPEED_MAX ? `${kmh(speed)} (implausible)` : kmh(speed);
  const facts: [string, string][] = [
    [
      "Last position",
      `${formatDegrees(latitude, ["N", "S"])}  ${formatDegrees(longitude, ["E", "W"])}`,
    ],
    ["Last seen", formatTimestamp(last[1])],
    ["First seen", formatTimestamp(first[1])],
    ["Rows found", `${rows.length.toLocaleString("en-US")}`],
    ["Median speed", text],
  ];
  replaceChildren(
    byId("key-facts"),
    JSON.stringify(facts),
    () => facts.flatMap(([name, value]) => [el("dt", "", name), el("dd", "", value)]),
  );
  setText(
    byId("route-note"),
    isRandom
      ? "No plausible route: the positions look random."
      : routeNote(longestSegment(rows, place), place),
  );
}

function routeNote(route: readonly Row[], place: PlaceColumns): string {
  const meters = route.slice(1).reduce((sum, row, i) => sum + distanceMeters(route[i]!, row, place), 0);
  return `${formatDistance(meters)}, ${route.length} position${route.length === 1 ? "" : "s"}, from ○ to ●`;
}

const kmh = (speed: number) =>
  `${(speed * 3.6).toLocaleString("en-US", { maximumSignificantDigits: 3 })} km/h`;

/** Draws the longest segment to scale, north up. */
function drawRoute(rows: readonly Row[], place: PlaceColumns): void {
  const canvas = byId<HTMLCanvasElement>("route");
  const at = fitCanvas(canvas);
  const route = longestSegment(rows, place);
  canvas.setAttribute("aria-label", route.length > 1 ? `Route: ${routeNote(route, place)}` : "No route");
  if (!at || route.length === 0) return;
  const { context, width, height } = at;
  const middle = route[Math.floor(route.length / 2)]!;
  const [middleLatitude, middleLongitude] = placeOf(middle, place);
  const narrowing = Math.max(0.02, Math.cos(middleLatitude * Math.PI / 180));
  // Meters east and north of the middle, also across the date line.
  const points = route.map((row) => {
    const [latitude, longitude] = placeOf(row, place);
    const east = (longitude - middleLongitude + 540) % 360 - 180;
    return [
      east * narrowing * METERS_PER_DEGREE,
      (latitude - middleLatitude) * METERS_PER_DEGREE,
    ] as const;
  });
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const meters = Math.max((right - left) / (width - 40), (top - bottom) / (height - 60), 0.05);
  const x = (value: number) => width / 2 + (value - (left + right) / 2) / meters;
  const y = (value: number) => height / 2 - 8 - (value - (top + bottom) / 2) / meters;
  context.lineJoin = context.lineCap = "round";
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = color("accent");
  context.beginPath();
  points.forEach(([east, north], i) =>
    i === 0 ? context.moveTo(x(east), y(north)) : context.lineTo(x(east), y(north))
  );
  context.stroke();
  const drawEnd = (index: number, solid: boolean) => {
    const [east, north] = points.at(index)!;
    context.beginPath();
    context.arc(x(east), y(north), 4.5, 0, 2 * Math.PI);
    context.fillStyle = solid ? color("accent") : color("sea");
    context.fill();
    context.stroke();
  };
  drawEnd(0, false);
  drawEnd(-1, true);
  drawScale(context, meters, height);
}

function drawScale(context: CanvasRenderingContext2D, meters: number, height: number): void {
  const round = roundDistance(meters * 90);
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

function showTable(rows: readonly Row[], place: PlaceColumns): void {
  replaceChildren(byId("route-rows"), `${rows.length} ${rows.at(-1)}`, () =>
    rows.map((row, i) => {
      const before = rows[i - 1];
      const speed = before ? speedBetween(before, row, place) : undefined;
      const [latitude, longitude] = placeOf(row, place);
      return el(
        "tr",
        "",
        el("td", "", formatTimestamp(row[1])),
        el("td", "n", latitude.toFixed(5)),
        el("td", "n", longitude.toFixed(5)),
        el("td", "n", speed === undefined || !Number.isFinite(speed) ? "–" : (speed * 3.6).toFixed(1)),
      );
    }).slice(-ROWS_MAX).reverse());
}
