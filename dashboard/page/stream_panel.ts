/// <reference lib="dom" />
/**
 * Panels of the streams that are not on the map: the distribution of each column's latest values, and the latest rows as a table.
 *
 * @module
 */
import { type ColumnInfo, FIRST_COLUMN, type Row, type StreamInfo, type Value } from "../protocol.ts";
import { histogram, topValues } from "./distribution.ts";
import { bar, byId, el, replaceChildren } from "./dom.ts";
import { compareKeys, formatTimestamp, keyNoun } from "./format.ts";
import type { StreamModel } from "./model.ts";

/** Rows of the table. */
const ROWS_MAX = 50;
/** Minimum time between updates, so that the table can be read. */
const UPDATE_INTERVAL_MS = 2_000;

let shownAt = -Infinity;
let shownRows = 0;

/** Shows a panel for each stream. */
export function showStreams(streams: readonly StreamModel[]): void {
  const names = streams.map(({ info }) => info.name).join();
  const now = performance.now();
  const rows = streams.reduce((sum, { trails }) => sum + trails.size, 0);
  // The first rows are shown at once.
  if (now - shownAt < UPDATE_INTERVAL_MS && (rows === shownRows || shownRows > 0)) return;
  [shownAt, shownRows] = [now, rows];
  replaceChildren(byId("streams"), names, () => streams.map(({ info }) => panel(info)));
  for (const [index, stream] of streams.entries()) {
    const section = byId("streams").children[index]!;
    showRows(section as HTMLElement, stream);
  }
}

function panel(info: StreamInfo): HTMLElement {
  const title = el("h2", "", `${info.name[0]!.toUpperCase()}${info.name.slice(1)}`);
  title.id = `stream-${info.name}`;
  const scroll = el("div", "scroll", el("table", "", rowHeader(info), el("tbody")));
  scroll.tabIndex = 0;
  scroll.setAttribute("role", "region");
  scroll.setAttribute("aria-label", `Latest rows of ${info.table}`);
  const section = el(
    "section",
    "",
    el("header", "", title, el("p", "note", info.about)),
    el("ul", "columns"),
    scroll,
    el("p", "note empty-rows"),
  );
  section.setAttribute("aria-labelledby", title.id);
  return section;
}

function rowHeader({ key, time, columns }: StreamInfo): HTMLElement {
  const cell = (text: string, className = "") => {
    const header = el("th", className, text);
    header.scope = "col";
    return header;
  };
  return el(
    "thead",
    "",
    el(
      "tr",
      "",
      ...key === undefined ? [] : [cell(key)],
      ...time === undefined ? [] : [cell(time)],
      ...columns.map(({ name, isNumber }) => cell(name, isNumber ? "n" : "")),
    ),
  );
}

function showRows(section: HTMLElement, { info, trails }: StreamModel): void {
  const latest = [...trails.values()].map((rows) => rows.at(-1)!);
  // Rows with a key keep their place; others start with the latest.
  const rows = info.key === undefined
    ? latest.slice(-ROWS_MAX).reverse()
    : latest.sort((a, b) => compareKeys(a[0], b[0])).slice(0, ROWS_MAX);
  const [list, body] = [section.querySelector("ul")!, section.querySelector("tbody")!];
  const note = section.querySelector<HTMLElement>(".empty-rows")!;
  section.querySelector<HTMLElement>(".scroll")!.hidden = list.hidden = rows.length === 0;
  const noun = keyNoun(info.key).toLowerCase();
  note.textContent = rows.length === 0
    ? "No rows yet."
    : latest.length > rows.length
    ? info.key === undefined
      ? `The latest ${rows.length} rows.`
      : `The latest row of each ${noun}: the first ${rows.length} of ${latest.length}.`
    : "";
  replaceChildren(body, JSON.stringify(rows), () => rows.map((row) => rowElement(info, row)));
  replaceChildren(
    list,
    JSON.stringify(latest),
    () =>
      info.columns.map((column, i) => columnCard(column, latest.map((row) => row[FIRST_COLUMN + i] ?? null))),
  );
}

function rowElement({ key, time, columns }: StreamInfo, row: Row): HTMLElement {
  return el(
    "tr",
    "",
    ...key === undefined ? [] : [valueCell(row[0], "key-value")],
    ...time === undefined
      ? []
      : [row[1] === 0 ? valueCell(null, "at") : el("td", "at", formatTimestamp(row[1]))],
    ...columns.map(({ isNumber }, i) => valueCell(row[FIRST_COLUMN + i] ?? null, isNumber ? "n" : "")),
  );
}

function valueCell(value: Value, className: string): HTMLElement {
  if (value === null) return el("td", `${className} null`, "NULL");
  const cell = el("td", className, el("span", "", `${value}`));
  // The column is narrower than long texts.
  if (typeof value === "string" && value.length > 24) cell.title = value;
  return cell;
}

/** The distribution of a column: a histogram of numbers, or the most frequent other values. */
function columnCard(column: ColumnInfo, values: readonly Value[]): HTMLElement {
  const title = el("p", "name", el("strong", "", column.name), el("span", "", column.type));
  return el("li", "", title, ...column.isNumber ? numberChart(column, values) : valueChart(values));
}

function numberChart(column: ColumnInfo, values: readonly Value[]): HTMLElement[] {
  const data = histogram(column, values);
  if (!data) return [el("p", "note", "NULL only")];
  const most = Math.max(...data.bins);
  const bars = data.bins.map((count) => {
    const element = el("span");
    element.style.height = `${count === 0 ? 0 : 6 + 94 * count / most}%`;
    return element;
  });
  const chart = el("div", "histogram", ...bars);
  chart.setAttribute("role", "img");
  chart.setAttribute("aria-label", `Values from ${data.min} to ${data.max}`);
  const text = (value: number) => `${Number(value.toPrecision(4))}`;
  return [chart, el("p", "range", el("span", "", text(data.min)), el("span", "", text(data.max)))];
}

function valueChart(values: readonly Value[]): HTMLElement[] {
  const { top, distinct } = topValues(values);
  // A value that occurs once is not common, unless there are only few rows.
  const shown = top.filter(([, share]) => distinct <= top.length || share * values.length > 1);
  const lines = shown.map(([value, share]) => {
    const text = value === null
      ? el("span", "null", "NULL")
      : el("span", "", value === "" ? "(empty)" : `${value}`);
    return el("p", "value", text, bar(share));
  });
  const others = distinct - shown.length;
  const note = `${others.toLocaleString("en-US")} ${shown.length > 0 ? "other values" : "different values"}`;
  return [...lines, ...others > 0 ? [el("p", "note", note)] : []];
}
