/// <reference lib="dom" />
/**
 * Panels of the streams that are not on the map: the distribution of each column's latest values, and the latest rows as a table.
 *
 * @module
 */
import {
  type ColumnInfo,
  FIRST_COLUMN,
  type Row,
  type Status,
  type StreamInfo,
  type TimeKind,
  type Value,
} from "../protocol.ts";
import { histogram, topValues } from "./distribution.ts";
import { bar, byId, el, replaceChildren, setText } from "./dom.ts";
import { compareKeys, formatColumnTime, formatCount, formatTimeRange, keyNoun, plural } from "./format.ts";
import { KEYS_MAX, type StreamModel } from "./model.ts";

/** Rows of the table. */
const ROWS_MAX = 50;
/** Minimum time between updates, so that the table can be read. */
const UPDATE_INTERVAL_MS = 2_000;

let shownAt = -Infinity;
let shownRows = 0;

/** Shows a panel for each stream. */
export function showStreams(streams: readonly StreamModel[], status: Status): void {
  const names = streams.map(({ info }) => info.name).join();
  const now = performance.now();
  const rows = streams.reduce((sum, { trails }) => sum + trails.size, 0);
  // The first rows are shown at once.
  if (now - shownAt < UPDATE_INTERVAL_MS && (rows === shownRows || shownRows > 0)) return;
  [shownAt, shownRows] = [now, rows];
  replaceChildren(byId("streams"), names, () => streams.map(({ info }) => panel(info)));
  for (const [index, stream] of streams.entries()) {
    const section = byId("streams").children[index]!;
    const table = status.tables.find((table) => table.stream === stream.info.name);
    showRows(section as HTMLElement, stream, table?.rows ?? 0);
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
    el("header", "", title, el("p", "note", `${info.about} · table ${info.table}`)),
    el("ul", "columns"),
    scroll,
    el("p", "note empty-rows"),
  );
  section.setAttribute("aria-labelledby", title.id);
  return section;
}

function rowHeader({ key, time, columns }: StreamInfo): HTMLElement {
  const cell = (text: string, className = "", { title, description }: Partial<ColumnInfo> = {}) => {
    const header = el("th", className, text, ...title === undefined ? [] : [el("small", "", title)]);
    header.scope = "col";
    if (description !== undefined) header.title = description;
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
      ...columns.map((column) => cell(column.name, column.isNumber ? "n" : "", column)),
    ),
  );
}

/** @param stored number of rows in the table, as estimated by the statistics */
function showRows(section: HTMLElement, { info, trails }: StreamModel, stored: number): void {
  const latest = [...trails.values()].map((rows) => rows.at(-1)!);
  // Rows with a key keep their place; others start with the latest.
  const rows = info.key === undefined
    ? latest.slice(-ROWS_MAX).reverse()
    : latest.sort((a, b) => compareKeys(a[0], b[0])).slice(0, ROWS_MAX);
  const [list, body] = [section.querySelector("ul")!, section.querySelector("tbody")!];
  const note = section.querySelector<HTMLElement>(".empty-rows")!;
  section.querySelector<HTMLElement>(".scroll")!.hidden = list.hidden = rows.length === 0;
  setText(note, rowsNote(info, rows.length, latest.length, stored));
  replaceChildren(body, JSON.stringify(rows), () => rows.map((row) => rowElement(info, row)));
  replaceChildren(
    list,
    JSON.stringify(latest),
    () =>
      info.columns.map((column, i) => columnCard(column, latest.map((row) => row[FIRST_COLUMN + i] ?? null))),
  );
}

/** Which of the stored rows the table shows. */
function rowsNote({ key }: StreamInfo, shown: number, known: number, stored: number): string {
  if (shown === 0) return "No rows yet.";
  // The statistics may be older than the rows.
  const rows = `≈ ${formatCount(Math.max(stored, known))} rows`;
  if (key === undefined) return `The latest ${shown} of ${rows}.`;
  const noun = keyNoun(key);
  const keys = known >= KEYS_MAX ? `at least ${plural(known, noun)}` : plural(known, noun);
  const first = known > shown ? `the first ${shown} of ${keys}` : keys;
  return `The latest row of each ${noun.toLowerCase()}: ${first}, ${rows}.`;
}

function rowElement({ key, time, timeKind = "instant", columns }: StreamInfo, row: Row): HTMLElement {
  return el(
    "tr",
    "",
    ...key === undefined ? [] : [valueCell(row[0], "key-value")],
    ...time === undefined ? [] : [row[1] === 0 ? valueCell(null, "at") : valueCell(row[1], "at", timeKind)],
    ...columns.map(({ isNumber, time }, i) =>
      valueCell(row[FIRST_COLUMN + i] ?? null, time ? "at" : isNumber ? "n" : "", time)
    ),
  );
}

function valueCell(value: Value, className: string, time?: TimeKind): HTMLElement {
  if (value === null) return el("td", `${className} null`, "NULL");
  const text = time && typeof value === "number" ? formatColumnTime(value, time) : `${value}`;
  const cell = el("td", className, el("span", "", text));
  // The column is narrower than long texts.
  if (typeof value === "string" && value.length > 24) cell.title = value;
  return cell;
}

/** The distribution of a column: a histogram of numbers, or the most frequent other values. */
function columnCard(column: ColumnInfo, values: readonly Value[]): HTMLElement {
  const { name, type, title, description, isNumber, time } = column;
  const heading = el("p", "name", el("strong", "", name), el("span", "", type));
  const text = [title, description].filter((text) => text !== undefined).join(": ");
  const about = text === "" ? [] : [el("p", "note", text)];
  const chart = isNumber || time ? numberChart(column, values) : valueChart(values);
  return el("li", "", heading, ...about, ...chart);
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
  const text = (value: number) => `${Number(value.toPrecision(4))}`;
  const [min, max] = column.time
    ? formatTimeRange(data.min, data.max, column.time)
    : [text(data.min), text(data.max)];
  chart.setAttribute("aria-label", `Values from ${min} to ${max}`);
  const ends = min === max ? [min] : [min, max];
  return [chart, el("p", "range", ...ends.map((end) => el("span", "", end)))];
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
