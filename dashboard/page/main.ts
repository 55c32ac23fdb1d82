/// <reference lib="dom" />
/**
 * Entry point of the page: passes messages of the service to the model and shows the model. Wiring only.
 *
 * @module
 */
import { Charts, showNumbers } from "./charts.ts";
import { connect } from "./connection.ts";
import { byId, el, replaceChildren, setText } from "./dom.ts";
import { WorldMap } from "./world_map.ts";
import { Model, type Trails } from "./model.ts";
import { showConsumers, showFigures, showHealth, showRejected } from "./panels.ts";
import { trailsAt } from "./trails_at.ts";
import { showPlaces } from "./places.ts";
import { emptyText, problemsOf } from "./problems.ts";
import { initTheme } from "./theme.ts";
import { Timeline } from "./timeline.ts";
import { KeyPanel } from "./key_panel.ts";
import { showStreams } from "./stream_panel.ts";
import { keyNoun, plural } from "./format.ts";

const model = new Model();
let connected = true;
/** Trails at the time of the slider, while the map is not live. */
let past: Trails | undefined;

const map = new WorldMap(select);
const charts = new Charts();
const panel = new KeyPanel(
  () => select(undefined),
  (rows) => map.zoomTo(rows),
  (key, rows) => map.select(key, rows),
);
const timeline = new Timeline(() => model.map?.info.name, (at) => {
  past = at && trailsAt(at.rows, at.index);
  showMap();
});

initTheme(() => {
  map.drawAll();
  charts.redraw();
  panel.redraw();
});
byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  select(byId<HTMLInputElement>("find-key").value.trim() || undefined);
});
byId("places").addEventListener("toggle", () => showMap());
connect({
  onSnapshot: (snapshot) => {
    model.reset(snapshot);
    timeline.clear();
    show();
  },
  onUpdate: (update) => {
    if (update.replaced) timeline.clear();
    model.update(update);
    show();
  },
  onConnected: (now) => {
    connected = now;
    showProblems();
  },
});

function show(): void {
  const { status } = model;
  if (!status) return;
  showProblems();
  showFigures(model);
  showHealth(status);
  showConsumers(status);
  showRejected(model.rejected, status.rejected);
  showStreams(model.streams.filter((stream) => stream !== model.map));
  charts.show(model.samples);
  showNumbers(model.samples);
  showMap();
  const stream = model.map;
  if (stream && status.database.state === "ok") void panel.refresh(stream.info.name);
}

function showMap(): void {
  const stream = model.map;
  byId("map-panel").hidden = model.status !== undefined && stream === undefined;
  byId("map-empty").hidden = stream !== undefined && (stream.trails.size > 0 || past !== undefined);
  if (!stream) return setText(byId("map-empty"), "Connecting …");
  const trails = past ?? stream.trails;
  const { info } = stream;
  const noun = keyNoun(info.key);
  nameKeys(noun);
  map.show(trails, info.place, noun, past ? [] : stream.fresh);
  stream.fresh = [];
  timeline.showLive(past ? undefined : latest(stream.trails));
  setText(byId("map-empty"), emptyText(model.status, info.name, info.table));
  const keys = plural(trails.size, noun);
  setText(
    byId("map-note"),
    trails.size === 0
      ? ""
      : past
      ? `${keys} at that time`
      : model.status?.sampled
      ? `${keys}; sampled, since rows are committed faster than the map can show`
      : model.status?.database.state === "ok"
      ? `${keys}, live`
      : `${keys}, last known state`,
  );
  showPlaces(trails, info.place, select);
}

/** Names the key column in the texts of the map. */
function nameKeys(noun: string): void {
  const name = noun.toLowerCase();
  setText(byId("map-title"), `${noun}: positions on the map`);
  setText(byId("find-label"), noun);
  setText(byId("places-key"), noun);
  setText(byId("map-help-key"), name);
}

function latest(trails: Trails): number | undefined {
  let result: number | undefined;
  for (const rows of trails.values()) result = Math.max(result ?? 0, rows.at(-1)![1]);
  return result;
}

function showProblems(): void {
  const problems = problemsOf(model.status, connected);
  replaceChildren(
    byId("problems"),
    JSON.stringify(problems),
    () => problems.map(({ title, text }) => el("p", "", el("strong", "", title), ` ${text}`)),
  );
}

function select(key: string | undefined): void {
  const stream = model.map;
  if (!stream) return;
  map.select(key);
  panel.select(
    key,
    stream.info,
    stream.info.place,
    key === undefined ? [] : stream.trails.get(key) ?? [],
    model.status?.database.state === "ok",
  );
}
