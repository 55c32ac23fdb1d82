/// <reference lib="dom" />
/**
 * Figures, health, consumers, rejected records, and the streams that have no places.
 *
 * @module
 */
import type { RejectedRecord, Sample, ServiceStatus, Status } from "../protocol.ts";
import { readable } from "./bytes.ts";
import { bar, byId, el, fill, setText } from "./dom.ts";
import { bytes, clock, count, moment, rate, seconds } from "./format.ts";
import type { Model, StreamModel } from "./model.ts";

/** Seconds over which the rates among the figures are taken. */
const AVERAGE = 5;
/** Users of a stream without places that are shown. */
const MOST_CELLS = 60;

/** The figures at the top. */
export function showFigures({ samples, status, streams }: Model): void {
  const recent = samples.slice(-AVERAGE);
  const mean = (index: number) => {
    const values = recent.map((sample) => sample[index]).filter((value) =>
      value !== null && value !== undefined
    );
    return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
  };
  const last = <I extends keyof Sample>(index: I) => samples.at(-1)?.[index] ?? undefined;
  const time = (value: number | undefined): [string, string] =>
    value === undefined ? ["–", ""] : seconds(value);
  const perSecond = (value: number | undefined): [string, string] =>
    value === undefined ? ["–", ""] : [rate(value), "/s"];
  const lag = last(6) as number | undefined;
  const tables = status?.tables ?? [];
  const figures: [name: string, text: string, unit: string, bad?: boolean][] = [
    ...streams.map(({ info }): [string, string, string] => {
      const table = tables.find(({ stream }) => stream === info.name);
      return [`Rows in ${info.table}`, table?.exists ? `≈ ${count(table.rows)}` : "–", ""];
    }),
    ["Stored", ...perSecond(mean(2))],
    ["Rejected", ...perSecond(mean(3)), (mean(3) ?? 0) > 0],
    ["Latency, median", ...time(last(4) as number | undefined)],
    ["Latency, 99 %", ...time(last(5) as number | undefined)],
    ["Lag", lag === undefined ? "–" : count(lag), lag === undefined ? "" : "records"],
  ];
  fill(
    byId("figures"),
    JSON.stringify(figures),
    () =>
      figures.map(([name, text, unit, bad]) =>
        el(
          "div",
          bad ? "bad" : "",
          el("dt", "", name),
          el("dd", "", text, ...unit ? [el("small", "", unit)] : []),
        )
      ),
  );
}

/** Which servers and services are well. */
export function showHealth({ database, services }: Status): void {
  const entries: [text: string, state: string][] = [[
    {
      starting: "PostgreSQL: connecting",
      ok: "PostgreSQL",
      away: "PostgreSQL is away",
      refused: "PostgreSQL refuses",
    }[
      database.state
    ],
    { starting: "unknown", ok: "", away: "bad", refused: "bad" }[database.state],
  ]];
  for (const kind of ["consumer", "producer"] as const) {
    const up = services.filter((service) => service.kind === kind && service.up).length;
    const away = services.filter((service) => service.kind === kind && !service.up).length;
    const name = `${up} ${kind}${up === 1 ? "" : "s"}`;
    entries.push([away > 0 ? `${name}, ${away} away` : name, away > 0 ? "bad" : up > 0 ? "" : "unknown"]);
  }
  if (services.some(({ missing }) => missing.includes("kafka"))) entries.push(["Kafka is away", "bad"]);
  fill(byId("health"), JSON.stringify(entries), () => entries.map(([text, state]) => el("li", state, text)));
}

/** The consumers, and how far behind each of their partitions is. */
export function showConsumers({ services }: Status): void {
  const consumers = services.filter(({ kind, up }) => kind === "consumer" || !up);
  const most = Math.max(1, ...consumers.flatMap(({ partitions }) => partitions.map(({ lag }) => lag)));
  const note = services.length === 0
    ? "No services are named: set DASHBOARD_SERVICES."
    : consumers.length === 0
    ? "None has answered yet."
    : "Bars: records behind the end of the partition";
  setText(byId("consumers-note"), note);
  fill(
    byId("consumers"),
    JSON.stringify(consumers),
    () => consumers.map((service) => consumerCard(service, most)),
  );
}

function consumerCard(
  { name, kind, up, problem, missing, partitions }: ServiceStatus,
  most: number,
): HTMLElement {
  const state = !up
    ? `${kind === "unknown" ? "does not answer" : `${kind}, away`}: ${problem}`
    : missing.length > 0
    ? `waits for ${missing.join(" and ")}`
    : partitions.length === 0
    ? "holds no partition"
    : `holds ${partitions.length} partition${partitions.length === 1 ? "" : "s"}`;
  const card = el("article", up ? "" : "away", el("h3", "", name, el("span", "", state)));
  if (partitions.length === 0) return card;
  const rows = partitions.map(({ topic, partition, lag }) =>
    el(
      "tr",
      "",
      el("td", "", `${topic} ${partition}`),
      el("td", "wide", bar(lag / most)),
      el("td", "n", count(lag)),
    )
  );
  const head = el("tr", "visually-hidden", el("th", "", "Partition"), el("th"), el("th", "n", "Lag"));
  card.append(el("table", "", el("thead", "", head), el("tbody", "", ...rows)));
  return card;
}

/** The last rejected records. Their bytes are shown as what they are, and never become markup. */
export function showRejected(records: readonly RejectedRecord[]): void {
  setText(byId("rejected-note"), records.length === 0 ? "None." : "Kept byte for byte in rejected_records");
  fill(byId("rejected"), JSON.stringify(records), () => records.map(rejectedItem));
}

function rejectedItem(
  { topic, partition, offset, reason, detail, at, value, bytes: length }: RejectedRecord,
): HTMLElement {
  const where = `${topic}, partition ${partition}, offset ${offset}, ${clock(at)}`;
  const item = el(
    "li",
    "",
    el("p", "why", el("strong", "", reason), detail ? `: ${detail}` : ""),
    el("p", "where", `${where} · ${value === null ? "no value" : bytes(length)}`),
  );
  if (value !== null && length > 0) item.append(bytesView(value, length));
  return item;
}

function bytesView(base64: string, length: number): HTMLElement {
  const shown = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const pieces = readable(shown).map((piece) => "text" in piece ? piece.text : el("i", "", piece.byte));
  const view = el("code", "bytes", ...pieces);
  if (length > shown.length) view.append(el("i", "", ` … ${bytes(length - shown.length)} more`));
  return view;
}

/** The streams without places: the latest values of each user, as the stream's definition names and limits them. */
export function showStreams(streams: readonly StreamModel[]): void {
  const others = streams.filter(({ info }) => !info.place);
  fill(byId("streams"), others.map(({ info }) => info.name).join(), () =>
    others.map(({ info }) => {
      const title = el("h2", "", `${info.name[0]!.toUpperCase()}${info.name.slice(1)}`);
      title.id = `stream-${info.name}`;
      const section = el(
        "section",
        "",
        el("header", "", title, el("p", "note", info.about)),
        el("ul", "cells"),
      );
      section.setAttribute("aria-labelledby", title.id);
      return section;
    }));
  for (const [index, { info, trails }] of others.entries()) {
    const list = byId("streams").children[index]!.querySelector("ul")!;
    const latest = [...trails.values()].map((rows) => rows.at(-1)!).sort((a, b) => a[0]! - b[0]!).slice(
      0,
      MOST_CELLS,
    );
    fill(
      list,
      JSON.stringify(latest),
      () =>
        latest.length === 0 ? [el("li", "note", "Nothing yet.")] : latest.map((row) => valueCell(info, row)),
    );
  }
}

function valueCell({ fields }: StreamModel["info"], row: readonly number[]): HTMLElement {
  const values = fields.slice(2).flatMap(({ column, min, max }, i) => {
    const value = row[i + 2]!;
    const several = fields.length > 3 ? `${column} ` : "";
    return [`${several}${Number(value.toPrecision(3))}`, bar((value - min) / (max - min))];
  });
  const [first = "", ...rest] = values;
  const cell = el(
    "li",
    "",
    el("span", "name", el("span", "", `User ${row[0]}`), el("span", "", first)),
    ...rest,
  );
  cell.title = moment(row[1]!);
  return cell;
}
