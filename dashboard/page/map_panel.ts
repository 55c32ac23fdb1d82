/// <reference lib="dom" />
/**
 * The texts of the map: title, note, and the marks of the past.
 *
 * @module
 */
import { byId, setText } from "./dom.ts";
import { formatTimestamp, keyNoun, plural } from "./format.ts";
import type { MapStream, Model, Trails } from "./model.ts";
import { pastNote } from "./past.ts";
import { emptyText } from "./problems.ts";

/** What the page shows while it is not live. */
export interface Past {
  readonly trails: Trails;
  /** Unix seconds; `undefined`: no rows are known. */
  readonly at: number | undefined;
}

/** Shows the texts of the map and of the past, if `past` is defined. */
export function showMapTexts(model: Model, { info, trails }: MapStream, past: Past | undefined): void {
  const noun = keyNoun(info.key);
  setText(byId("map-title"), `${noun}: positions on the map`);
  setText(byId("find-label"), noun);
  setText(byId("places-key"), noun);
  setText(byId("map-help-key"), noun.toLowerCase());
  byId("map-empty").hidden = (past?.trails ?? trails).size > 0;
  setText(
    byId("map-empty"),
    past ? "No rows of this time." : emptyText(model.status, info.name, info.table),
  );
  const keys = plural((past?.trails ?? trails).size, noun);
  setText(
    byId("map-note"),
    past
      ? `${keys} at that time`
      : trails.size === 0
      ? ""
      : model.status?.sampled
      ? `${keys}; sampled, since rows are committed faster than the map can show`
      : model.status?.database.state === "ok"
      ? `${keys}, live`
      : `${keys}, last known state`,
  );
  showPast(model, past);
}

function showPast(model: Model, past: Past | undefined): void {
  byId("past").hidden = past === undefined;
  byId("main").classList.toggle("past", past !== undefined);
  if (!past) return;
  setText(byId("past-time"), past.at === undefined ? "unknown time" : formatTimestamp(past.at));
  setText(byId("past-note"), pastNote(model, past.at ?? -Infinity));
}
