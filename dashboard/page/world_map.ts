/// <reference lib="dom" />
/**
 * The map: land, trails and places on three canvases, so that only what changed is drawn again.
 *
 * @module
 */
import { geoPath } from "d3-geo";
import type { Row } from "../protocol.ts";
import { byId, colour, fitted, setText } from "./dom.ts";
import { distance } from "./format.ts";
import { type Place, roundDistance, stretches } from "./geo.ts";
import type { Trails } from "./model.ts";
import { View } from "./view.ts";
import { World } from "./land.ts";

/** Most rings at a time. */
const MOST_PULSES = 250;
const PULSE_MS = 900;
/** A click this near to a place means it, pixels. */
const NEAR = 14;
/** Width of the bar of the scale at most, pixels. */
const SCALE_BAR = 110;

const stillness = globalThis.matchMedia("(prefers-reduced-motion: reduce)");

/** The map. */
export class WorldMap {
  readonly #base = byId<HTMLCanvasElement>("map-base");
  readonly #rows = byId<HTMLCanvasElement>("map-rows");
  readonly #pulses = byId<HTMLCanvasElement>("map-pulses");
  readonly #view = new View();
  readonly #world = new World(() => this.drawAll());
  #trails: Trails = new Map();
  #place: Place = [2, 3];
  #selected: number | undefined;
  /** Of the user that is marked, as far back as is known. */
  #route: readonly Row[] = [];
  #hovered: number | undefined;
  #rings: { row: Row; since: number }[] = [];
  #frame = 0;
  #pending = false;

  /** @param onSelect told which user was chosen; `undefined`: none */
  constructor(private readonly onSelect: (user: number | undefined) => void) {
    new ResizeObserver(() => this.drawAll()).observe(byId("map"));
    this.#listen();
  }

  /** Shows trails; `fresh` are rows that came just now. */
  show(trails: Trails, place: Place, fresh: readonly Row[] = []): void {
    this.#trails = trails;
    this.#place = place;
    if (!stillness.matches && fresh.length > 0) {
      const since = performance.now();
      this.#rings.push(...fresh.slice(-MOST_PULSES).map((row) => ({ row, since })));
      this.#rings.splice(0, this.#rings.length - MOST_PULSES);
    }
    setLabel(this.#pulses, `World map with the latest places of ${trails.size} users`);
    this.#later();
  }

  /** Marks a user, and shows its route. */
  select(user: number | undefined, route: readonly Row[] = []): void {
    this.#selected = user;
    this.#route = route;
    this.#later();
  }

  /** Shows where these rows are, as close as they allow. */
  zoomTo(rows: readonly Row[]): void {
    this.#view.fit(rows.map((row) => this.#position(row)));
    this.drawAll();
  }

  /** Draws everything, as after a change of size, view or colours. */
  drawAll(): void {
    const at = fitted(this.#base);
    if (!at) return;
    const { context, width, height } = at;
    this.#view.resize(width, height);
    const path = geoPath(this.#view.projection, context);
    const fillWith = (name: string) => {
      context.fillStyle = colour(name);
      context.fill();
    };
    context.beginPath();
    path({ type: "Sphere" });
    fillWith("sea");
    const land = this.#world.land(this.#view.zoom);
    if (land) {
      context.beginPath();
      path(land);
      fillWith("land");
    }
    context.beginPath();
    path(this.#view.grid());
    context.strokeStyle = colour("grid");
    context.lineWidth = 1;
    context.stroke();
    this.#drawScale();
    this.#drawRows();
  }

  #drawScale(): void {
    const metres = this.#view.metresPerPixel();
    if (!(metres > 0)) return;
    const round = roundDistance(metres * SCALE_BAR);
    byId("scale-bar").style.width = `${round / metres}px`;
    setText(byId("scale-text"), distance(round));
  }

  #later(): void {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      this.#drawRows();
    });
  }

  #drawRows(): void {
    const at = fitted(this.#rows);
    if (!at) return;
    const { context, width, height } = at;
    const inside = ([x, y]: readonly [number, number]) =>
      x > -20 && y > -20 && x < width + 20 && y < height + 20;
    const [trail, accent, panel, ink] = [colour("trail"), colour("accent"), colour("panel"), colour("ink")];
    context.lineJoin = context.lineCap = "round";
    context.strokeStyle = context.fillStyle = trail;
    for (const [user, rows] of this.#trails) {
      if (user !== this.#selected) this.#drawTrail(context, rows, inside, false);
    }
    const route = this.#selected === undefined ? undefined : this.#trails.get(this.#selected);
    if (route) this.#drawTrail(context, joined(this.#route, route), inside, true);
    context.globalAlpha = 1;
    for (const [user, rows] of this.#trails) {
      const point = this.#project(rows.at(-1)!);
      if (!point || !inside(point)) continue;
      const marked = user === this.#selected || user === this.#hovered;
      disc(context, point, marked ? 6.5 : 4, panel);
      disc(context, point, marked ? 5 : 2.8, accent);
      if (marked) label(context, `User ${user}`, point, width, { panel, ink });
    }
    this.#animate();
  }

  #drawTrail(
    context: CanvasRenderingContext2D,
    rows: readonly Row[],
    inside: (point: readonly [number, number]) => boolean,
    chosen: boolean,
  ): void {
    context.lineWidth = chosen ? 2.5 : 1.3;
    for (const stretch of stretches(rows, this.#place)) {
      const points = stretch.map((row) => this.#project(row)).filter((point) => point !== undefined);
      if (!points.some(inside)) continue;
      if (points.length > 1) {
        context.globalAlpha = chosen ? 0.9 : 0.45;
        context.beginPath();
        points.forEach((point, i) => i === 0 ? context.moveTo(...point) : context.lineTo(...point));
        context.stroke();
      } else if (points[0]) {
        // A place with no way to it: a speck.
        context.globalAlpha = chosen ? 0.8 : 0.28;
        const size = chosen ? 4 : 1.8;
        context.fillRect(points[0][0] - size / 2, points[0][1] - size / 2, size, size);
      }
    }
  }

  #animate(): void {
    cancelAnimationFrame(this.#frame);
    const draw = (now: number) => {
      const at = fitted(this.#pulses);
      if (!at) return;
      this.#rings = this.#rings.filter(({ since }) => now - since < PULSE_MS);
      at.context.strokeStyle = colour("accent");
      for (const { row, since } of this.#rings) {
        const point = this.#project(row);
        const age = Math.max(0, (now - since) / PULSE_MS);
        if (!point) continue;
        at.context.globalAlpha = (1 - age) ** 2 * 0.8;
        at.context.lineWidth = 1.5;
        at.context.beginPath();
        at.context.arc(point[0], point[1], 3 + 11 * age, 0, 2 * Math.PI);
        at.context.stroke();
      }
      if (this.#rings.length > 0) this.#frame = requestAnimationFrame(draw);
    };
    this.#frame = requestAnimationFrame(draw);
  }

  #position(row: Row): [number, number] {
    return [row[this.#place[1]]!, row[this.#place[0]]!];
  }

  #project(row: Row): [number, number] | undefined {
    return this.#view.projection(this.#position(row)) ?? undefined;
  }

  /** The user whose latest place is nearest to a point of the map. */
  #userAt(x: number, y: number): number | undefined {
    let [nearest, least]: [number | undefined, number] = [undefined, NEAR];
    for (const [user, rows] of this.#trails) {
      const point = this.#project(rows.at(-1)!);
      const away = point ? Math.hypot(point[0] - x, point[1] - y) : Infinity;
      if (away < least) [nearest, least] = [user, away];
    }
    return nearest;
  }

  #zoomBy(factor: number, at?: [number, number]): void {
    this.#view.zoomBy(factor, at);
    this.drawAll();
  }

  #listen(): void {
    byId("zoom-in").addEventListener("click", () => this.#zoomBy(2));
    byId("zoom-out").addEventListener("click", () => this.#zoomBy(0.5));
    byId("zoom-reset").addEventListener("click", () => this.#reset());
    const canvas = this.#pulses;
    canvas.addEventListener("wheel", (event) => {
      // A page that is scrolled past the whole world should go on scrolling.
      if (event.deltaY > 0 && this.#view.zoom === 1) return;
      event.preventDefault();
      this.#zoomBy(2 ** (-event.deltaY / 240), [event.offsetX, event.offsetY]);
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#listenToPointers(canvas);
  }

  #listenToPointers(canvas: HTMLCanvasElement): void {
    const down = new Map<number, [number, number]>();
    let moved = 0;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      down.set(event.pointerId, [event.offsetX, event.offsetY]);
      moved = 0;
    });
    canvas.addEventListener("pointermove", (event) => {
      const at: [number, number] = [event.offsetX, event.offsetY];
      const before = down.get(event.pointerId);
      if (!before) return this.#hover(this.#userAt(...at));
      const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
      if (other) {
        const away = (p: [number, number]) => Math.max(1, Math.hypot(p[0] - other[0], p[1] - other[1]));
        this.#view.zoomBy(away(at) / away(before), other);
      } else this.#view.pan(at[0] - before[0], at[1] - before[1]);
      moved += Math.hypot(at[0] - before[0], at[1] - before[1]);
      down.set(event.pointerId, at);
      this.drawAll();
    });
    const up = (event: PointerEvent) => {
      const clicked = event.type === "pointerup" && down.size === 1 && moved < 5;
      down.delete(event.pointerId);
      if (clicked) this.onSelect(this.#userAt(event.offsetX, event.offsetY));
    };
    canvas.addEventListener("pointerup", up);
    canvas.addEventListener("pointercancel", up);
    canvas.addEventListener("pointerleave", () => this.#hover(undefined));
  }

  #hover(user: number | undefined): void {
    if (user === this.#hovered) return;
    this.#hovered = user;
    this.#pulses.classList.toggle("on-user", user !== undefined);
    this.#later();
  }

  #reset(): void {
    this.#view.reset();
    this.drawAll();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = 60;
    const pan = (x: number, y: number) => {
      this.#view.pan(x, y);
      this.drawAll();
    };
    const actions: Record<string, () => void> = {
      ArrowLeft: () => pan(step, 0),
      ArrowRight: () => pan(-step, 0),
      ArrowUp: () => pan(0, step),
      ArrowDown: () => pan(0, -step),
      "+": () => this.#zoomBy(2),
      "=": () => this.#zoomBy(2),
      "-": () => this.#zoomBy(0.5),
      "0": () => this.#reset(),
      n: () => this.onSelect(this.#neighbour(1)),
      p: () => this.onSelect(this.#neighbour(-1)),
      Escape: () => this.onSelect(undefined),
    };
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }

  #neighbour(step: 1 | -1): number | undefined {
    const users = [...this.#trails.keys()].sort((a, b) => a - b);
    if (this.#selected === undefined) return users.at(step === 1 ? 0 : -1);
    const at = users.indexOf(this.#selected);
    return users[(at + step + users.length) % users.length];
  }
}

function setLabel(element: Element, text: string): void {
  if (element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
}

/** A route and the trail that goes on from it. */
function joined(route: readonly Row[], trail: readonly Row[]): readonly Row[] {
  const until = route.at(-1)?.[1] ?? -Infinity;
  // In the past there is nothing to go on to.
  if ((trail.at(-1)?.[1] ?? 0) < until) return trail;
  return route.length === 0 ? trail : [...route, ...trail.filter((row) => row[1]! > until)];
}

function disc(
  context: CanvasRenderingContext2D,
  [x, y]: [number, number],
  radius: number,
  style: string,
): void {
  context.fillStyle = style;
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
}

function label(
  context: CanvasRenderingContext2D,
  text: string,
  [x, y]: [number, number],
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
