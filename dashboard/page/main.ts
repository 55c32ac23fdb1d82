/// <reference lib="dom" />
/**
 * Entry point of the page: passes messages of the service to the model and shows the model. Wiring only.
 *
 * @module
 */
import { Charts, showNumbers } from "./charts.ts";
import { connect } from "./connection.ts";
import { byId, el, replaceChildren, reveal, setText } from "./dom.ts";
import { KeyPanel } from "./key_panel.ts";
import { readKey } from "./key_search.ts";
import { type Past, showMapTexts } from "./map_panel.ts";
import { type MapStream, Model, type Trails } from "./model.ts";
import { PageAddress } from "./page_address.ts";
import { showConsumers, showFigures, showHealth, showRejected } from "./panels.ts";
import { modelAt } from "./past.ts";
import { showPlaces } from "./places.ts";
import { problemsOf } from "./problems.ts";
import { showStreams } from "./stream_panel.ts";
import { initTheme } from "./theme.ts";
import { Timeline } from "./timeline.ts";
import { trailsAt } from "./trails_at.ts";
import { WorldMap } from "./world_map.ts";
import { keyNoun } from "./format.ts";

const model = new Model();
let connected = true;
/** While the map is not live. */
let past: Past | undefined;

const address = new PageAddress(applyAddress);
const map = new WorldMap(select, () => address.change({ follow: undefined }, "replace"));
const charts = new Charts();
const panel = new KeyPanel({
  onClose: () => {
    select(undefined);
    byId("map-pulses").focus();
  },
  onZoom: (rows) => {
    map.zoomTo(rows);
    reveal(byId("map"));
  },
  onFollow: () => {
    address.change({ follow: address.state.follow ? undefined : true }, "replace");
    if (address.state.follow) reveal(byId("map"));
  },
  onFound: showMap,
});
const timeline = new Timeline({
  stream: () => mapStream()?.info.name,
  onMove: (at) => {
    past = at && { trails: trailsAt(at.rows, at.index), at: at.rows[at.index]?.[1] };
    showFiguresOfTime();
    showMap();
  },
  onSettle: (at) =>
    address.change({ at }, address.state.at === undefined || at === undefined ? "push" : "replace"),
});

initTheme(() => {
  map.drawAll();
  charts.redraw();
  panel.redraw();
});
byId("find").addEventListener("submit", (event) => {
  event.preventDefault();
  find(byId<HTMLInputElement>("find-key").value.trim());
});
byId("places").addEventListener("toggle", showMap);
byId("past-live").addEventListener("click", () => timeline.goLive());
connect({
  onSnapshot: (snapshot) => {
    const isFirst = model.status === undefined;
    model.reset(snapshot);
    timeline.invalidate();
    if (isFirst) applyAddress(true);
    show();
  },
  onUpdate: (update) => {
    if (update.replaced) timeline.invalidate();
    model.update(update);
    show();
  },
  onConnected: (now) => {
    connected = now;
    showProblems();
  },
});

function mapStream(): MapStream | undefined {
  return model.mapOf(address.state.stream);
}

function show(): void {
  const { status } = model;
  if (!status) return;
  showProblems();
  showFiguresOfTime();
  showHealth(status);
  showConsumers(status);
  showRejected(model.rejected, status.rejected);
  const stream = mapStream();
  showStreams(model.streams.filter(({ info }) => info.name !== stream?.info.name), status);
  charts.show(model.samples);
  showNumbers(model.samples);
  showMap();
}

function showFiguresOfTime(): void {
  showFigures(past ? modelAt(model, past.at ?? -Infinity) : model);
}

function showMap(): void {
  const stream = mapStream();
  byId("map-panel").hidden = model.status !== undefined && stream === undefined;
  if (!stream) {
    byId("map-empty").hidden = false;
    return setText(byId("map-empty"), "Connecting …");
  }
  const trails = past?.trails ?? stream.trails;
  const { info } = stream;
  showMapTexts(model, stream, past);
  map.show(trails, info.place, keyNoun(info.key), past ? [] : stream.fresh);
  stream.fresh = [];
  timeline.showLive(latest(stream.trails));
  const { key, follow } = address.state;
  panel.update(
    key === undefined ? [] : trails.get(key) ?? [],
    past && (past.at ?? -Infinity),
    model.status?.database.state === "ok",
  );
  map.select(key, panel.rows);
  map.follow(follow === true && panel.rows.length > 0);
  byId("key-follow").setAttribute("aria-pressed", `${follow === true}`);
  showPlaces(trails, info.place, (key) => select(key, true));
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

/** Selects the key that was entered, or reports why there is none. */
function find(text: string): void {
  const stream = mapStream();
  if (!stream) return;
  const read = text === "" ? { key: undefined } : readKey(text, stream.info);
  byId("find-key").setAttribute("aria-invalid", `${"problem" in read}`);
  if ("problem" in read) return setText(byId("find-message"), read.problem);
  select(read.key, true);
}

/** @param reveals whether to scroll to the panel of the key */
function select(key: string | undefined, reveals = false): void {
  const stream = mapStream();
  if (!stream) return;
  panel.select(key, stream.info, reveals);
  const { name } = stream.info;
  const { follow } = address.state;
  address.change({ stream: name, key, follow: key === undefined ? undefined : follow }, "push");
}

/**
 * Shows what the address says.
 *
 * @param isNavigation the time may differ from that of the slider; otherwise the slider has set it, and may be playing
 */
function applyAddress(isNavigation: boolean): void {
  const stream = mapStream();
  if (!stream) return;
  const { key, at } = address.state;
  if (key !== panel.key) panel.select(key, stream.info, false);
  if (document.activeElement !== byId("find-key")) byId<HTMLInputElement>("find-key").value = key ?? "";
  if (isNavigation) void timeline.goTo(at);
  showMap();
}
