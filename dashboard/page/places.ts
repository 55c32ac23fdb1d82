/// <reference lib="dom" />
/**
 * The map as a table, for those who can't see or point at it.
 *
 * @module
 */
import { byId, el } from "./dom.ts";
import { moment } from "./format.ts";
import { type Place, PLAUSIBLE, speedBetween } from "./geo.ts";
import type { Trails } from "./model.ts";

const MOST_ROWS = 200;
/** Between two changes, so that it can be read, milliseconds. */
const CALM_MS = 3_000;

let shown = -Infinity;

/** Shows the latest places, if the table is open. A user's button keeps the focus. */
export function showPlaces(trails: Trails, place: Place, onSelect: (user: number) => void): void {
  const now = performance.now();
  if (!byId<HTMLDetailsElement>("places").open || now - shown < CALM_MS) return;
  shown = now;
  const body = byId("places-rows");
  const focused = body.contains(document.activeElement) ? document.activeElement!.textContent : undefined;
  const users = [...trails.keys()].sort((a, b) => a - b).slice(0, MOST_ROWS);
  body.replaceChildren(...users.map((user) => {
    const [before, last] = trails.get(user)!.slice(-2).length === 2
      ? trails.get(user)!.slice(-2)
      : [undefined, trails.get(user)!.at(-1)!];
    const button = el("button", "", `${user}`);
    button.type = "button";
    button.addEventListener("click", () => onSelect(user));
    const speed = before && last ? speedBetween(before, last, place) : undefined;
    return el(
      "tr",
      "",
      el("td", "", button),
      el("td", "", moment(last![1]!)),
      el("td", "n", last![place[0]]!.toFixed(4)),
      el("td", "n", last![place[1]]!.toFixed(4)),
      el("td", "n", speed === undefined || speed > PLAUSIBLE ? "–" : `${(speed * 3.6).toFixed(1)} km/h`),
    );
  }));
  if (focused === undefined) return;
  [...body.querySelectorAll("button")].find((button) => button.textContent === focused)?.focus();
}
