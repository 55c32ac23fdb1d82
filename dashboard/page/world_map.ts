/// <reference lib="dom" />
/**
 * The world map: land, trails and pulses on three canvases, so that only the changed layer is redrawn.
 *
 * @module
 */
import { geoPath } from "d3-geo";
import type { Row } from "../protocol.ts";
import { byId, color, fitCanvas, setText } from "./dom.ts";
import { compareKeys, formatDistance, plural } from "./format.ts";
import { type PlaceColumns, placeOf, roundDistance, splitIntoSegments } from "./geo.ts";
import type { Trails } from "./model.ts";
import { Land } from "./land.ts";
import { listenToInput, type Point } from "./map_input.ts";
import { drawDisc, drawLabel, drawSegment, splitAtAntimeridian } from "./map_drawing.ts";
import { View } from "./view.ts";

/** A pulse is a ring that grows around a new row. */
const PULSES_MAX = 250;
const PULSE_MS = 900;
/** A click selects the nearest key within this distance, pixels. */
const CLICK_RADIUS = 14;
/** Zoom at which following a key starts at most: some kilometers are visible, with the routes of others nearby. */
const FOLLOW_ZOOM_MAX = 3_000;
/** Rows that are visible when following starts. */
const FOLLOW_ROWS = 60;
/** Maximum width of the scale bar, pixels. */
const SCALE_BAR_MAX = 110;

const reducedMotion = globalThis.matchMedia("(prefers-reduced-motion: reduce)");

export class WorldMap {
  readonly #base = byId<HTMLCanvasElement>("map-base");
  readonly #rows = byId<HTMLCanvasElement>("map-rows");
  readonly #pulses = byId<HTMLCanvasElement>("map-pulses");
  readonly #view = new View();
  readonly #land = new Land(() => this.drawAll());
  #trails: Trails = new Map();
  #placeColumns: PlaceColumns = [2, 3];
  #selected: string | undefined;
  /** Rows of the selected key, which include those of its trail. */
  #route: readonly Row[] = [];
  #isFollowing = false;
  #hovered: string | undefined;
  #keyName = "";
  #activePulses: { row: Row; since: number }[] = [];
  #frame = 0;
  #pending = false;

  /**
   * @param onSelect called with the selected key (`undefined`: none), and whether a pointer selected it
   * @param onUnfollow called when the user moves the map while it follows a key
   */
  constructor(
    onSelect: (key: string | undefined, byPointer?: boolean) => void,
    private readonly onUnfollow: () => void,
  ) {
    new ResizeObserver(() => this.drawAll()).observe(byId("map"));
    listenToInput(this.#pulses, {
      zoom: () => this.#view.zoom,
      zoomBy: (factor, at) => this.#changeView((view) => view.zoomBy(factor, at)),
      pan: (dx, dy) => this.#moveView((view) => view.pan(dx, dy)),
      reset: () => this.#moveView((view) => view.reset()),
      hover: (at) => this.#hover(at && this.#keyAt(...at)),
      selectAt: (at) => onSelect(this.#keyAt(...at), true),
      selectNeighbor: (step) => onSelect(this.#neighbor(step)),
      deselect: () => onSelect(undefined),
    });
  }

  /** Shows trails of keys with a name such as `User`. `fresh` are the rows of the last message; each gets a pulse. */
  show(trails: Trails, place: PlaceColumns, keyName: string, fresh: readonly Row[] = []): void {
    this.#keyName = keyName;
    this.#trails = trails;
    this.#placeColumns = place;
    if (!reducedMotion.matches && fresh.length > 0) {
      const since = performance.now();
      this.#activePulses.push(...fresh.slice(-PULSES_MAX).map((row) => ({ row, since })));
      this.#activePulses.splice(0, this.#activePulses.length - PULSES_MAX);
    }
    setLabel(this.#pulses, `World map with the latest places, ${plural(trails.size, keyName)}`);
    this.#scheduleDraw();
  }

  /** Highlights a key and its route. */
  select(key: string | undefined, route: readonly Row[] = []): void {
    this.#selected = key;
    this.#route = route;
    this.#center();
    this.#scheduleDraw();
  }

  /** Zooms to the smallest view that contains these rows. */
  zoomTo(rows: readonly Row[]): void {
    this.#moveView((view) => view.fit(rows.map((row) => this.#position(row))));
  }

  /** Keeps the latest place of the selected key in the inner part of the map. */
  follow(isFollowing: boolean): void {
    if (isFollowing === this.#isFollowing) return;
    this.#isFollowing = isFollowing;
    const places = this.#route.slice(-FOLLOW_ROWS).map((row) => this.#position(row));
    if (isFollowing) this.#changeView((view) => view.fit(places, FOLLOW_ZOOM_MAX));
    this.#center();
  }

  #center(): void {
    const last = this.#route.at(-1);
    if (!this.#isFollowing || !last) return;
    const place = this.#position(last);
    // Not at each step: drawing the land takes a while, and a map that rests is easier to read.
    if (!this.#view.isInner(place)) this.#changeView((view) => view.center(place));
  }

  /** Redraws all layers, for example after a change of size, view or colors. */
  drawAll(): void {
    const at = fitCanvas(this.#base);
    if (!at) return;
    const { context, width, height } = at;
    this.#view.resize(width, height);
    const path = geoPath(this.#view.projection, context);
    const fillWith = (name: string) => {
      context.fillStyle = color(name);
      context.fill();
    };
    context.beginPath();
    path({ type: "Sphere" });
    fillWith("sea");
    const land = this.#land.land(this.#view.zoom);
    if (land) {
      context.beginPath();
      path(land);
      fillWith("land");
    }
    context.beginPath();
    path(this.#view.grid());
    context.strokeStyle = color("grid");
    context.lineWidth = 1;
    context.stroke();
    this.#drawScale();
    this.#drawRows();
  }

  #drawScale(): void {
    const meters = this.#view.metersPerPixel();
    if (!(meters > 0)) return;
    const round = roundDistance(meters * SCALE_BAR_MAX);
    byId("scale-bar").style.width = `${round / meters}px`;
    setText(byId("scale-text"), formatDistance(round));
  }

  /** Changes the view on behalf of the user: the map no longer follows a key. */
  #moveView(change: (view: View) => void): void {
    if (this.#isFollowing) this.onUnfollow();
    this.#changeView(change);
  }

  #changeView(change: (view: View) => void): void {
    change(this.#view);
    this.drawAll();
  }

  #scheduleDraw(): void {
    if (this.#pending) return;
    this.#pending = true;
    requestAnimationFrame(() => {
      this.#pending = false;
      this.#drawRows();
    });
  }

  #drawRows(): void {
    const at = fitCanvas(this.#rows);
    if (!at) return;
    const { context, width, height } = at;
    const inside = ([x, y]: Point) => x > -20 && y > -20 && x < width + 20 && y < height + 20;
    const [trail, accent, panel, ink] = [color("trail"), color("accent"), color("panel"), color("ink")];
    context.lineJoin = context.lineCap = "round";
    context.strokeStyle = context.fillStyle = trail;
    for (const [key, rows] of this.#trails) {
      if (key !== this.#selected) this.#drawTrail(context, rows, inside, false);
    }
    this.#drawTrail(context, this.#route, inside, true);
    context.globalAlpha = 1;
    const isMarked = (key: string) => key === this.#selected || key === this.#hovered;
    const latest = new Map([...this.#trails].map(([key, rows]) => [key, rows.at(-1)!]));
    // The map keeps only the keys seen most recently; the selected one may be another.
    const last = this.#route.at(-1);
    if (this.#selected !== undefined && last) latest.set(this.#selected, last);
    const keys = [...latest.keys()];
    // Labels are above all discs.
    for (const key of [...keys.filter((key) => !isMarked(key)), ...keys.filter(isMarked)]) {
      const point = this.#project(latest.get(key)!);
      if (!point || !inside(point)) continue;
      drawDisc(context, point, isMarked(key) ? 6.5 : 4, panel);
      drawDisc(context, point, isMarked(key) ? 5 : 2.8, accent);
      if (isMarked(key)) drawLabel(context, `${this.#keyName} ${key}`, point, width, { panel, ink });
    }
    this.#animate();
  }

  #drawTrail(
    context: CanvasRenderingContext2D,
    rows: readonly Row[],
    inside: (point: Point) => boolean,
    selected: boolean,
  ): void {
    for (const segment of splitIntoSegments(rows, this.#placeColumns)) {
      drawSegment(context, splitAtAntimeridian(segment.map((row) => this.#position(row))), {
        project: (place) => this.#view.projection([...place]) ?? undefined,
        inside,
        selected,
      });
    }
  }

  #animate(): void {
    cancelAnimationFrame(this.#frame);
    const draw = (now: number) => {
      const at = fitCanvas(this.#pulses);
      if (!at) return;
      this.#activePulses = this.#activePulses.filter(({ since }) => now - since < PULSE_MS);
      at.context.strokeStyle = color("accent");
      for (const { row, since } of this.#activePulses) {
        const point = this.#project(row);
        const age = Math.max(0, (now - since) / PULSE_MS);
        if (!point) continue;
        at.context.globalAlpha = (1 - age) ** 2 * 0.8;
        at.context.lineWidth = 1.5;
        at.context.beginPath();
        at.context.arc(point[0], point[1], 3 + 11 * age, 0, 2 * Math.PI);
        at.context.stroke();
      }
      if (this.#activePulses.length > 0) this.#frame = requestAnimationFrame(draw);
    };
    this.#frame = requestAnimationFrame(draw);
  }

  #position(row: Row): [number, number] {
    const [latitude, longitude] = placeOf(row, this.#placeColumns);
    return [longitude, latitude];
  }

  #project(row: Row): [number, number] | undefined {
    return this.#view.projection(this.#position(row)) ?? undefined;
  }

  /** The key whose latest place is nearest to a point of the canvas. */
  #keyAt(x: number, y: number): string | undefined {
    let [nearest, least]: [string | undefined, number] = [undefined, CLICK_RADIUS];
    for (const [key, rows] of this.#trails) {
      const point = this.#project(rows.at(-1)!);
      const distance = point ? Math.hypot(point[0] - x, point[1] - y) : Infinity;
      if (distance < least) [nearest, least] = [key, distance];
    }
    return nearest;
  }

  #hover(key: string | undefined): void {
    if (key === this.#hovered) return;
    this.#hovered = key;
    this.#pulses.classList.toggle("on-key", key !== undefined);
    this.#scheduleDraw();
  }

  #neighbor(step: 1 | -1): string | undefined {
    const keys = [...this.#trails.keys()].sort(compareKeys);
    if (this.#selected === undefined) return keys.at(step === 1 ? 0 : -1);
    const at = keys.indexOf(this.#selected);
    return keys[(at + step + keys.length) % keys.length];
  }
}

function setLabel(element: Element, text: string): void {
  if (element.getAttribute("aria-label") !== text) element.setAttribute("aria-label", text);
}
