/// <reference lib="dom" />
/**
 * Mouse, touch and keyboard input of the map.
 *
 * @module
 */
import { byId } from "./dom.ts";

/** Pixels of the canvas. */
export type Point = readonly [x: number, y: number];

/** What the input can do to the map. */
export interface MapActions {
  /** 1: the whole world. */
  zoom(): number;
  zoomBy(factor: number, at?: Point): void;
  pan(dx: number, dy: number): void;
  /** Shows the whole world. */
  reset(): void;
  /** The pointer is at a point; `undefined`: it has left the map. */
  hover(at: Point | undefined): void;
  /** Selects the user at a point, if there is one. */
  selectAt(at: Point): void;
  /** Selects the next or previous user by id. */
  selectNeighbor(step: 1 | -1): void;
  deselect(): void;
}

/** Pixels by which an arrow key moves the map. */
const KEY_PAN = 60;
/** A pointer that moved less than this between down and up was a click, pixels. */
const CLICK_DISTANCE_MAX = 5;

/** Registers the listeners of the map's canvas and zoom buttons. */
export function listenToInput(canvas: HTMLCanvasElement, map: MapActions): void {
  byId("zoom-in").addEventListener("click", () => map.zoomBy(2));
  byId("zoom-out").addEventListener("click", () => map.zoomBy(0.5));
  byId("zoom-reset").addEventListener("click", () => map.reset());
  canvas.addEventListener("wheel", (event) => {
    // At the whole world, scrolling down scrolls the page.
    if (event.deltaY > 0 && map.zoom() === 1) return;
    event.preventDefault();
    map.zoomBy(2 ** (-event.deltaY / 240), [event.offsetX, event.offsetY]);
  }, { passive: false });
  canvas.addEventListener("keydown", (event) => onKey(event, map));
  listenToPointers(canvas, map);
}

function listenToPointers(canvas: HTMLCanvasElement, map: MapActions): void {
  const down = new Map<number, Point>();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    down.set(event.pointerId, [event.offsetX, event.offsetY]);
    moved = 0;
  });
  canvas.addEventListener("pointermove", (event) => {
    const at: Point = [event.offsetX, event.offsetY];
    const before = down.get(event.pointerId);
    if (!before) return map.hover(at);
    const [dx, dy] = [at[0] - before[0], at[1] - before[1]];
    // A second finger: pinch to zoom.
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const distance = (point: Point) => Math.max(1, Math.hypot(point[0] - other[0], point[1] - other[1]));
      map.zoomBy(distance(at) / distance(before), other);
    } else map.pan(dx, dy);
    moved += Math.hypot(dx, dy);
    down.set(event.pointerId, at);
  });
  const up = (event: PointerEvent) => {
    const clicked = event.type === "pointerup" && down.size === 1 && moved < CLICK_DISTANCE_MAX;
    down.delete(event.pointerId);
    if (clicked) map.selectAt([event.offsetX, event.offsetY]);
  };
  canvas.addEventListener("pointerup", up);
  canvas.addEventListener("pointercancel", up);
  canvas.addEventListener("pointerleave", () => map.hover(undefined));
}

function onKey(event: KeyboardEvent, map: MapActions): void {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const actions: Record<string, () => void> = {
    ArrowLeft: () => map.pan(KEY_PAN, 0),
    ArrowRight: () => map.pan(-KEY_PAN, 0),
    ArrowUp: () => map.pan(0, KEY_PAN),
    ArrowDown: () => map.pan(0, -KEY_PAN),
    "+": () => map.zoomBy(2),
    "=": () => map.zoomBy(2),
    "-": () => map.zoomBy(0.5),
    "0": () => map.reset(),
    n: () => map.selectNeighbor(1),
    p: () => map.selectNeighbor(-1),
    Escape: () => map.deselect(),
  };
  const action = actions[event.key];
  if (!action) return;
  event.preventDefault();
  action();
}
