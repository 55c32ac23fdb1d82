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
import { showConsumers, showFigures, showHealth, showRejected, showStreams } from "./panels.ts";
import { trailsAt } from "./trails_at.ts";
import { showPlaces } from "./places.ts";
import { emptyText, problemsOf } from "./problems.ts";
import { initTheme } from "./theme.ts";
import { Timeline } from "./timeline.ts";
import { UserPanel } from "./user_panel.ts";

const model = new Model();
let connected = true;
/** Trails at the time of the slider, while the map is not live. */
let past: Trails | undefined;

const map = new WorldMap(select);
const charts = new Charts();
const panel = new UserPanel(
  () => select(undefined),
  (rows) => map.zoomTo(rows),
  (user, rows) => map.select(user, rows),
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
  const text = byId<HTMLInputElement>("find-user").value.trim();
  select(/^\d+$/.test(text) ? Number(text) : undefined);
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
  showRejected(model.rejected);
  showStreams(model.streams);
  charts.show(model.samples);
  showNumbers(model.samples);
  showMap();
  const stream = model.map;
  if (stream && status.database.state === "ok") void panel.refresh(stream.info.name);
}

function showMap(): void {
  const stream = model.map;
  byId("map-empty").hidden = stream !== undefined && (stream.trails.size > 0 || past !== undefined);
  if (!stream) {
    setText(
      byId("map-empty"),
      model.status ? "No configured stream has coordinates (STREAMS)." : "Connecting …",
    );
    return;
  }
  const trails = past ?? stream.trails;
  const { info } = stream;
  map.show(trails, info.place, past ? [] : stream.fresh);
  stream.fresh = [];
  timeline.showLive(past ? undefined : latest(stream.trails));
  setText(byId("map-empty"), emptyText(model.status, info.name, info.table));
  const users = `${trails.size.toLocaleString("en-US")} user${trails.size === 1 ? "" : "s"}`;
  setText(
    byId("map-note"),
    trails.size === 0
      ? ""
      : past
      ? `${users} at that time`
      : model.status?.sampled
      ? `${users}; sampled, since rows are committed faster than the map can show`
      : model.status?.database.state === "ok"
      ? `${users}, live`
      : `${users}, last known state`,
  );
  showPlaces(trails, info.place, select);
}

function latest(trails: Trails): number | undefined {
  let result: number | undefined;
  for (const rows of trails.values()) result = Math.max(result ?? 0, rows.at(-1)![1]!);
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

function select(user: number | undefined): void {
  const stream = model.map;
  if (!stream) return;
  map.select(user);
  panel.select(
    user,
    stream.info.name,
    stream.info.place,
    user === undefined ? [] : stream.trails.get(user) ?? [],
    model.status?.database.state === "ok",
  );
}
