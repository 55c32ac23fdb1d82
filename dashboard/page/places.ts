/// <reference lib="dom" />
/**
 * The map as a table, for screen readers and keyboards.
 *
 * @module
 */
import { byId, el, setText } from "./dom.ts";
import { compareKeys, formatTimestamp } from "./format.ts";
import { type PlaceColumns, placeOf, SPEED_MAX, speedBetween } from "./geo.ts";
import type { Trails } from "./model.ts";

const ROWS_MAX = 200;
/** Minimum time between updates, so that the table can be read. */
const UPDATE_INTERVAL_MS = 3_000;

let shownAt = -Infinity;

/** Updates the table if it is open. The focused button keeps the focus. */
export function showPlaces(trails: Trails, place: PlaceColumns, onSelect: (key: string) => void): void {
  const now = performance.now();
  if (!byId<HTMLDetailsElement>("places").open || now - shownAt < UPDATE_INTERVAL_MS) return;
  shownAt = now;
  const body = byId("places-rows");
  const focused = body.contains(document.activeElement) ? document.activeElement!.textContent : undefined;
  const keys = [...trails.keys()].sort(compareKeys).slice(0, ROWS_MAX);
  setText(
    byId("places-note"),
    keys.length < trails.size ? `The first ${keys.length} of ${trails.size}.` : "",
  );
  body.replaceChildren(...keys.map((key) => {
    const [before, last] = trails.get(key)!.slice(-2).length === 2
      ? trails.get(key)!.slice(-2)
      : [undefined, trails.get(key)!.at(-1)!];
    const button = el("button", "", `${key}`);
    button.type = "button";
    button.addEventListener("click", () => onSelect(key));
    const speed = before && last ? speedBetween(before, last, place) : undefined;
    const [latitude, longitude] = placeOf(last!, place);
    return el(
      "tr",
      "",
      el("td", "", button),
      el("td", "", formatTimestamp(last![1])),
      el("td", "n", latitude.toFixed(4)),
      el("td", "n", longitude.toFixed(4)),
      el("td", "n", speed === undefined || speed > SPEED_MAX ? "–" : `${(speed * 3.6).toFixed(1)} km/h`),
    );
  }));
  if (focused === undefined) return;
  [...body.querySelectorAll("button")].find((button) => button.textContent === focused)
    ?.focus({ preventScroll: true });
}
