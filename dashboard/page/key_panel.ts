/// <reference lib="dom" />
/**
 * The panel of the selected key: facts, route, speed and table.
 *
 * @module
 */
import type { KeyRows, Row } from "../protocol.ts";
import { byId, el, replaceChildren, reveal, setText } from "./dom.ts";
import { formatTimestamp, keyNoun } from "./format.ts";
import { type PlaceColumns, placeOf, speedBetween } from "./geo.ts";
import { keyFacts, routeText } from "./key_facts.ts";
import { notFoundText } from "./key_search.ts";
import type { MapInfo } from "./model.ts";
import { drawRoute } from "./route_canvas.ts";
import { rowsToShow, type ShownRows } from "./rows_to_show.ts";
import { SpeedChart } from "./speed_chart.ts";

const REFRESH_INTERVAL_MS = 5_000;
/** Rows of the table. */
const TABLE_ROWS_MAX = 200;

export interface KeyPanelActions {
  /** The panel is closed by its button. */
  readonly onClose: () => void;
  /** Rows to show on the map. */
  readonly onZoom: (rows: readonly Row[]) => void;
  readonly onFollow: () => void;
  /** Rows of the database have arrived. */
  readonly onFound: () => void;
}

export class KeyPanel {
  readonly #speed = new SpeedChart(byId("speed"));
  #key: string | undefined;
  #info: MapInfo | undefined;
  #found: KeyRows | undefined;
  #shown: ShownRows = { rows: [], extent: undefined };
  #fetchedAt = -Infinity;
  /** Scroll the panel into view when it has rows. */
  #reveals = false;

  constructor(private readonly actions: KeyPanelActions) {
    byId("key-close").addEventListener("click", actions.onClose);
    byId("key-zoom").addEventListener("click", () => actions.onZoom(this.#shown.rows));
    byId("key-follow").addEventListener("click", actions.onFollow);
    byId("route-table").addEventListener("toggle", () => this.redraw());
    new ResizeObserver(() => this.redraw()).observe(byId("key"));
  }

  /** The selected key. */
  get key(): string | undefined {
    return this.#key;
  }

  /** The rows that the panel shows, oldest first. */
  get rows(): readonly Row[] {
    return this.#shown.rows;
  }

  /**
   * Selects a key; `undefined`: none. {@link update} shows it.
   *
   * @param reveals whether to scroll to the panel, if it is outside of the window
   */
  select(key: string | undefined, info: MapInfo, reveals: boolean): void {
    this.#key = key;
    this.#info = info;
    this.#found = undefined;
    this.#fetchedAt = -Infinity;
    this.#reveals = reveals;
    setText(byId("find-message"), key === undefined ? "" : `Searching for ${label(info.key, key)} …`);
    if (key !== undefined) setText(byId("key-title"), keyNoun(info.key) + ` ${key}`);
  }

  /**
   * Shows the rows of the key.
   *
   * @param trail of the key on the map
   * @param until the time that the page shows, Unix seconds; `undefined`: live
   * @param isDatabaseAvailable whether to fetch rows from the database, at most once per {@link REFRESH_INTERVAL_MS}
   */
  update(trail: readonly Row[], until: number | undefined, isDatabaseAvailable: boolean): void {
    const [key, info] = [this.#key, this.#info];
    if (key === undefined || !info) {
      this.#shown = { rows: [], extent: undefined };
      return this.#setVisible(false);
    }
    this.#shown = rowsToShow(this.#found, trail, until, info.isUpdated);
    const isKnown = this.#shown.rows.length > 0 || (this.#found?.rows.length ?? 0) > 0;
    this.#setVisible(isKnown);
    if (isKnown) setText(byId("find-message"), "");
    this.redraw();
    if (isKnown && this.#reveals) {
      this.#reveals = false;
      reveal(byId("key"));
    }
    // A key that was not found is searched again when it appears on the map.
    const isMissing = this.#found !== undefined && !isKnown;
    if (isDatabaseAvailable && !isMissing) void this.#refresh(key, info);
    else if (!isKnown && !isMissing) this.#fail("PostgreSQL is unavailable.");
  }

  /** Redraws the panel, for example after a change of size or colors. */
  redraw(): void {
    if (byId("key").hidden || !this.#info) return;
    const { rows } = this.#shown;
    const { place } = this.#info;
    const facts = keyFacts(this.#shown, place);
    replaceChildren(
      byId("key-facts"),
      JSON.stringify(facts),
      () => facts.flatMap(([name, value]) => [el("dt", "", name), el("dd", "", value)]),
    );
    const text = rows.length === 0 ? "No rows until this time." : routeText(rows, place);
    setText(byId("route-note"), text);
    const canvas = byId<HTMLCanvasElement>("route");
    canvas.setAttribute("aria-label", `Route: ${text}`);
    canvas.parentElement!.hidden = rows.length === 0;
    drawRoute(canvas, rows, place);
    this.#speed.show(rows, place);
    showTable(rows, place);
  }

  #setVisible(visible: boolean): void {
    byId("key").hidden = !visible;
    byId("main").classList.toggle("with-key", visible);
  }

  async #refresh(key: string, info: MapInfo): Promise<void> {
    if (performance.now() - this.#fetchedAt < REFRESH_INTERVAL_MS) return;
    this.#fetchedAt = performance.now();
    const isCurrent = () => key === this.#key && info.name === this.#info?.name;
    try {
      const response = await fetch(
        `/api/rows?stream=${encodeURIComponent(info.name)}&key=${encodeURIComponent(key)}`,
      );
      if (!isCurrent()) return void response.body?.cancel();
      if (!response.ok) return this.#fail(await response.text());
      const found: KeyRows = await response.json();
      if (!isCurrent()) return;
      this.#found = found;
      if (found.rows.length === 0) setText(byId("find-message"), notFoundText(key, info, found));
      this.actions.onFound();
    } catch {
      // The known rows remain. The connection reports that the service is unreachable.
      if (isCurrent()) this.#fail("The dashboard service is unreachable.");
    }
  }

  /** Reports a search without a result, unless rows are known from the map. */
  #fail(problem: string): void {
    if (!byId("key").hidden) return;
    const name = label(this.#info!.key, this.#key!);
    setText(byId("find-message"), `The search for ${name} failed: ${problem.trim()}`);
  }
}

const label = (column: string | undefined, key: string) => `${keyNoun(column).toLowerCase()} ${key}`;

function showTable(rows: readonly Row[], place: PlaceColumns): void {
  if (!byId<HTMLDetailsElement>("route-table").open) return;
  const speedAt = (index: number) => {
    const before = rows[index - 1];
    const speed = before ? speedBetween(before, rows[index]!, place) : Infinity;
    return Number.isFinite(speed) ? (speed * 3.6).toFixed(1) : "–";
  };
  const first = Math.max(0, rows.length - TABLE_ROWS_MAX);
  replaceChildren(
    byId("route-rows"),
    `${rows.length} ${rows[0]} ${rows.at(-1)}`,
    () =>
      rows.slice(first).map((row, i) => {
        const [latitude, longitude] = placeOf(row, place);
        return el(
          "tr",
          "",
          el("td", "", formatTimestamp(row[1])),
          el("td", "n", latitude.toFixed(5)),
          el("td", "n", longitude.toFixed(5)),
          el("td", "n", speedAt(first + i)),
        );
      }).reverse(),
  );
  setText(
    byId("route-rows-note"),
    first > 0 ? `The latest ${TABLE_ROWS_MAX} of ${rows.length.toLocaleString("en-US")} rows.` : "",
  );
}
