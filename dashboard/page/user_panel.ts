/// <reference lib="dom" />
/**
 * One user: its route, its times, its speed.
 *
 * @module
 */
import uPlot from "uplot";
import type { Row, UserRows } from "../protocol.ts";
import { axis, timeAxis } from "./charts.ts";
import { byId, colour, el, fill, fitted, setText } from "./dom.ts";
import { degrees, distance, moment } from "./format.ts";
import {
  isTravel,
  medianSpeed,
  metresBetween,
  type Place,
  PLAUSIBLE,
  roundDistance,
  speedBetween,
  stretches,
} from "./geo.ts";

/** Between two looks at a user's rows, milliseconds. */
const REFRESH_MS = 5_000;
/** Rows of the table. */
const MOST_ROWS = 200;

/** The panel of the user that was chosen. */
export class UserPanel {
  #user: number | undefined;
  #rows: readonly Row[] = [];
  #place: Place = [2, 3];
  #plot: uPlot | undefined;
  #asked = -Infinity;

  /**
   * @param onClose told when it is closed
   * @param onZoom told to show the route on the map
   * @param onRoute told the user's rows when they were found
   */
  constructor(
    onClose: () => void,
    onZoom: (rows: readonly Row[]) => void,
    private readonly onRoute: (user: number, rows: readonly Row[]) => void,
  ) {
    byId("user-close").addEventListener("click", onClose);
    byId("user-zoom").addEventListener("click", () => onZoom(longest(this.#rows, this.#place)));
    new ResizeObserver(() => this.redraw()).observe(byId("user"));
  }

  /** Chooses a user; `undefined`: none. Shows what is `known`, and what the database has more, if it answers. */
  choose(
    user: number | undefined,
    stream: string,
    place: Place,
    known: readonly Row[],
    databaseAnswers: boolean,
  ): void {
    this.#user = user;
    this.#place = place;
    this.#rows = known;
    this.#asked = -Infinity;
    byId("user").hidden = user === undefined;
    byId("main").classList.toggle("with-user", user !== undefined);
    if (user === undefined) return;
    setText(byId("user-title"), `User ${user}`);
    this.redraw();
    if (databaseAnswers) void this.refresh(stream);
  }

  /** Asks for the user's rows again, unless that was just done. */
  async refresh(stream: string): Promise<void> {
    const user = this.#user;
    if (user === undefined || performance.now() - this.#asked < REFRESH_MS) return;
    this.#asked = performance.now();
    try {
      const response = await fetch(`/api/user?stream=${encodeURIComponent(stream)}&id=${user}`);
      if (!response.ok) return;
      const { rows }: UserRows = await response.json();
      if (user !== this.#user || rows.length < 1) return;
      this.#rows = rows;
      this.redraw();
      this.onRoute(user, rows);
    } catch {
      // What is known has to do; that the service does not answer is said elsewhere.
    }
  }

  /** Draws it, as after a change of size or colours. */
  redraw(): void {
    if (this.#user === undefined) return;
    const [rows, place] = [this.#rows, this.#place];
    showFacts(rows, place);
    drawRoute(rows, place);
    this.#drawSpeed();
    showTable(rows, place);
  }

  #drawSpeed(): void {
    this.#plot?.destroy();
    const holder = byId("speed");
    // The last stretch without a leap: over weeks of rows nothing could be seen.
    const route = longest(this.#rows, this.#place);
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
        series: [{}, { stroke: colour("accent"), width: 1.5, points: { show: false }, fill: colour("tint") }],
      },
      [route.map((row) => row[1]!), speeds] as uPlot.AlignedData,
      holder,
    );
  }
}

/** The longest of the last stretches that somebody may have travelled. */
function longest(rows: readonly Row[], place: Place): readonly Row[] {
  const last = stretches(rows, place).slice(-20);
  return last.reduce((best, one) => one.length >= best.length ? one : best, last[0] ?? []);
}

function showFacts(rows: readonly Row[], place: Place): void {
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) return;
  const speed = medianSpeed(rows, place);
  const travelled = rows.slice(1).filter((row, i) => isTravel(rows[i]!, row, place)).length;
  const text = speed === undefined
    ? "–"
    : speed > PLAUSIBLE
    ? `${kmh(speed)}, which nobody travels`
    : kmh(speed);
  const facts: [string, string][] = [
    ["Last place", `${degrees(last[place[0]]!, ["N", "S"])}  ${degrees(last[place[1]]!, ["E", "W"])}`],
    ["Last seen", moment(last[1]!)],
    ["Since", moment(first[1]!)],
    ["Places found", `${rows.length.toLocaleString("en-US")}`],
    ["Speed, median", text],
  ];
  const note = travelled === 0 && rows.length > 1
    ? "No two places in a row are within reach of each other: the places are random."
    : "";
  fill(
    byId("user-facts"),
    JSON.stringify(facts),
    () => facts.flatMap(([name, value]) => [el("dt", "", name), el("dd", "", value)]),
  );
  setText(byId("route-note"), note || routeNote(longest(rows, place), place));
}

function routeNote(route: readonly Row[], place: Place): string {
  const metres = route.slice(1).reduce((sum, row, i) => sum + metresBetween(route[i]!, row, place), 0);
  return `${distance(metres)} in ${route.length} places, from ○ to ●`;
}

const kmh = (speed: number) =>
  `${(speed * 3.6).toLocaleString("en-US", { maximumSignificantDigits: 3 })} km/h`;

/** The route in a frame of its own, north up. */
function drawRoute(rows: readonly Row[], place: Place): void {
  const canvas = byId<HTMLCanvasElement>("route");
  const at = fitted(canvas);
  const route = longest(rows, place);
  canvas.setAttribute("aria-label", route.length > 1 ? `Route: ${routeNote(route, place)}` : "No route");
  if (!at || route.length === 0) return;
  const { context, width, height } = at;
  const middle = route[Math.floor(route.length / 2)]!;
  const narrowing = Math.max(0.02, Math.cos(middle[place[0]]! * Math.PI / 180));
  // Metres east and north of the middle; across the date line too.
  const points = route.map((row) => {
    const east = (row[place[1]]! - middle[place[1]]! + 540) % 360 - 180;
    return [east * narrowing * 111_320, (row[place[0]]! - middle[place[0]]!) * 111_320] as const;
  });
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const metres = Math.max((right - left) / (width - 40), (top - bottom) / (height - 60), 0.05);
  const x = (value: number) => width / 2 + (value - (left + right) / 2) / metres;
  const y = (value: number) => height / 2 - 8 - (value - (top + bottom) / 2) / metres;
  context.lineJoin = context.lineCap = "round";
  context.lineWidth = 2;
  context.strokeStyle = context.fillStyle = colour("accent");
  context.beginPath();
  points.forEach(([east, north], i) =>
    i === 0 ? context.moveTo(x(east), y(north)) : context.lineTo(x(east), y(north))
  );
  context.stroke();
  const end = (index: number, solid: boolean) => {
    const [east, north] = points.at(index)!;
    context.beginPath();
    context.arc(x(east), y(north), 4.5, 0, 2 * Math.PI);
    context.fillStyle = solid ? colour("accent") : colour("sea");
    context.fill();
    context.stroke();
  };
  end(0, false);
  end(-1, true);
  drawScale(context, metres, height);
}

function drawScale(context: CanvasRenderingContext2D, metres: number, height: number): void {
  const round = roundDistance(metres * 90);
  const length = round / metres;
  context.strokeStyle = context.fillStyle = colour("muted");
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(12.5, height - 24);
  context.lineTo(12.5, height - 19.5);
  context.lineTo(12.5 + length, height - 19.5);
  context.lineTo(12.5 + length, height - 24);
  context.stroke();
  context.font = "12px Inter, system-ui, sans-serif";
  context.textBaseline = "alphabetic";
  context.fillText(distance(round), 12, height - 6);
}

function showTable(rows: readonly Row[], place: Place): void {
  fill(byId("route-rows"), `${rows.length} ${rows.at(-1)}`, () =>
    rows.map((row, i) => {
      const before = rows[i - 1];
      const speed = before ? speedBetween(before, row, place) : undefined;
      return el(
        "tr",
        "",
        el("td", "", moment(row[1]!)),
        el("td", "n", row[place[0]]!.toFixed(5)),
        el("td", "n", row[place[1]]!.toFixed(5)),
        el("td", "n", speed === undefined || !Number.isFinite(speed) ? "–" : (speed * 3.6).toFixed(1)),
      );
    }).slice(-MOST_ROWS).reverse());
}
