/// <reference lib="dom" />
/**
 * Panels: figures, health, consumers and rejected records.
 *
 * @module
 */
import type { DatabaseState, RejectedRecord, Sample, ServiceStatus, Status } from "../protocol.ts";
import { toPieces } from "./bytes.ts";
import { bar, byId, el, replaceChildren, setText } from "./dom.ts";
import { formatBytes, formatCount, formatRate, formatSeconds, formatTime } from "./format.ts";
import type { Model } from "./model.ts";

/** Samples, one per second, over which the rates of the figures are averaged. */
const AVERAGED_SAMPLES = 5;

/** Shows the figures at the top of the page. */
export function showFigures({ samples, status, streams }: Model): void {
  const recent = samples.slice(-AVERAGED_SAMPLES);
  const mean = (index: number) => {
    const values = recent.map((sample) => sample[index]).filter((value) =>
      value !== null && value !== undefined
    );
    return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
  };
  const last = <I extends keyof Sample>(index: I) => samples.at(-1)?.[index] ?? undefined;
  const time = (value: number | undefined): [string, string] =>
    value === undefined ? ["–", ""] : formatSeconds(value);
  const perSecond = (value: number | undefined): [string, string] =>
    value === undefined ? ["–", ""] : [formatRate(value), "/s"];
  const lag = last(6) as number | undefined;
  const tables = status?.tables ?? [];
  const figures: [name: string, text: string, unit: string, bad?: boolean][] = [
    ...streams.map(({ info }): [string, string, string] => {
      const table = tables.find(({ stream }) => stream === info.name);
      return [`Rows in ${info.table}`, table?.exists ? `≈ ${formatCount(table.rows)}` : "–", ""];
    }),
    ["Stored", ...perSecond(mean(2))],
    ["Rejected", ...perSecond(mean(3)), (mean(3) ?? 0) > 0],
    ["Latency p50", ...time(last(4) as number | undefined)],
    ["Latency p99", ...time(last(5) as number | undefined)],
    ["Lag", lag === undefined ? "–" : formatCount(lag), lag === undefined ? "" : "records"],
  ];
  replaceChildren(
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

const DATABASE_HEALTH: Readonly<Record<DatabaseState, readonly [text: string, className: string]>> = {
  starting: ["PostgreSQL: connecting", "unknown"],
  ok: ["PostgreSQL", ""],
  unavailable: ["PostgreSQL unavailable", "bad"],
  error: ["PostgreSQL error", "bad"],
};

/** Shows which servers and services are healthy. */
export function showHealth({ database, services }: Status): void {
  const entries = [DATABASE_HEALTH[database.state]];
  for (const kind of ["consumer", "producer"] as const) {
    const up = services.filter((service) => service.kind === kind && service.up).length;
    const unreachable = services.filter((service) => service.kind === kind && !service.up).length;
    const name = `${up} ${kind}${up === 1 ? "" : "s"}`;
    entries.push(
      unreachable > 0 ? [`${name}, ${unreachable} unreachable`, "bad"] : [name, up > 0 ? "" : "unknown"],
    );
  }
  if (services.some(({ missing }) => missing.includes("kafka"))) entries.push(["Kafka unavailable", "bad"]);
  replaceChildren(
    byId("health"),
    JSON.stringify(entries),
    () => entries.map(([text, className]) => el("li", className, text)),
  );
}

/** Shows the consumers with the lag of each of their partitions. */
export function showConsumers({ services }: Status): void {
  const consumers = services.filter(({ kind, up }) => kind === "consumer" || !up);
  const maxLag = Math.max(1, ...consumers.flatMap(({ partitions }) => partitions.map(({ lag }) => lag)));
  const note = services.length === 0
    ? "No services configured: set DASHBOARD_SERVICES."
    : consumers.length === 0
    ? "No consumer has responded yet."
    : "Bars show the lag in records";
  setText(byId("consumers-note"), note);
  replaceChildren(
    byId("consumers"),
    JSON.stringify(consumers),
    () => consumers.map((service) => consumerCard(service, maxLag)),
  );
}

function consumerCard(
  { name, kind, up, problem, missing, partitions }: ServiceStatus,
  maxLag: number,
): HTMLElement {
  const state = !up
    ? `${kind === "unknown" ? "unreachable" : `${kind}, unreachable`}: ${problem}`
    : missing.length > 0
    ? `unavailable: ${missing.join(", ")}`
    : partitions.length === 0
    ? "no partitions assigned"
    : `${partitions.length} partition${partitions.length === 1 ? "" : "s"} assigned`;
  const card = el("article", up ? "" : "unreachable", el("h3", "", name, el("span", "", state)));
  if (partitions.length === 0) return card;
  const rows = partitions.map(({ topic, partition, lag }) =>
    el(
      "tr",
      "",
      el("td", "", `${topic}[${partition}]`),
      el("td", "wide", bar(lag / maxLag)),
      el("td", "n", formatCount(lag)),
    )
  );
  const head = el("tr", "visually-hidden", el("th", "", "Partition"), el("th"), el("th", "n", "Lag"));
  card.append(el("table", "", el("thead", "", head), el("tbody", "", ...rows)));
  return card;
}

/** Shows the latest rejected records. Their bytes are shown as text or hexadecimal, never as markup. */
export function showRejected(records: readonly RejectedRecord[]): void {
  setText(byId("rejected-note"), records.length === 0 ? "None." : "Stored byte for byte in rejected_records");
  replaceChildren(byId("rejected"), JSON.stringify(records), () => records.map(rejectedItem));
}

function rejectedItem(
  { topic, partition, offset, reason, detail, at, value, bytes: length }: RejectedRecord,
): HTMLElement {
  const where = `${topic}, partition ${partition}, offset ${offset}, ${formatTime(at)}`;
  const item = el(
    "li",
    "",
    el("p", "why", el("strong", "", reason), detail ? `: ${detail}` : ""),
    el("p", "where", `${where} · ${value === null ? "no value" : formatBytes(length)}`),
  );
  if (value !== null && length > 0) item.append(bytesView(value, length));
  return item;
}

function bytesView(base64: string, length: number): HTMLElement {
  const shown = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const pieces = toPieces(shown).map((piece) => "text" in piece ? piece.text : el("i", "", piece.byte));
  const view = el("code", "bytes", ...pieces);
  if (length > shown.length) view.append(el("i", "", ` … ${formatBytes(length - shown.length)} more`));
  return view;
}
