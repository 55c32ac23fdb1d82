/// <reference lib="dom" />
/**
 * Panels: figures, health, consumers and rejected records.
 *
 * @module
 */
import type {
  GroupLag,
  PartitionLag,
  RejectedRecord,
  Sample,
  ServerState,
  ServiceStatus,
  Status,
} from "../protocol.ts";
import { toPieces } from "./bytes.ts";
import { bar, byId, el, replaceChildren, setText } from "./dom.ts";
import { formatBytes, formatCount, formatRate, formatSeconds, formatTime, plural } from "./format.ts";
import type { Model } from "./model.ts";
import { scaleEnd } from "./ticks.ts";

/** Samples, one per second, over which the rates of the figures are averaged. */
const AVERAGED_SAMPLES = 5;
/** Minimum lag of a full bar, so that the lag of a few batches is not shown as a long bar. */
const FULL_BAR_MIN = 100;

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
  const tables = status?.tables ?? [];
  const figures: [name: string, text: string, unit: string, bad?: boolean][] = [
    ...streams.map(({ info }): [string, string, string] => {
      const table = tables.find(({ stream }) => stream === info.name);
      return [`Rows in ${info.table}`, table?.exists ? `≈ ${formatCount(table.rows)}` : "–", ""];
    }),
    ["Stored", ...perSecond(mean(2))],
    ["Rejected", ...perSecond(mean(3)), (mean(3) ?? 0) > 0],
    ["Rejected in total", status?.rejected ? countText(status.rejected) : "–", ""],
    ["Latency p50", ...time(last(4) as number | undefined)],
    ["Latency p99", ...time(last(5) as number | undefined)],
    ["Lag", ...lagText(status?.lag)],
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

/** The number of rejected records, marked if it is an estimate. */
const countText = ({ count, isExact }: NonNullable<Status["rejected"]>): string =>
  `${isExact ? "" : "≈ "}${formatCount(count)}`;

function lagText(lag: GroupLag | undefined): [text: string, unit: string] {
  if (lag?.records === undefined) return ["–", lag ? "unknown" : ""];
  const unit = lag.staleSince === undefined ? "records" : `at ${formatTime(lag.staleSince)}`;
  return [formatCount(lag.records), unit];
}

const DATABASE_HEALTH: Readonly<Record<ServerState, readonly [text: string, className: string]>> = {
  starting: ["PostgreSQL: connecting", "unknown"],
  ok: ["PostgreSQL", ""],
  unavailable: ["PostgreSQL unavailable", "bad"],
  error: ["PostgreSQL error", "bad"],
};

/** Kafka, as the services and the dashboard reach it. Only the services need it. */
function kafkaHealth({ kafka, services }: Status): readonly [text: string, className: string] {
  if (services.some(({ missing }) => missing.includes("kafka"))) return ["Kafka unavailable", "bad"];
  if (kafka.state === "ok") return ["Kafka", ""];
  if (kafka.state === "starting") return ["Kafka: connecting", "unknown"];
  return services.some(({ up }) => up)
    ? ["Kafka: no connection of the dashboard", "unknown"]
    : ["Kafka unavailable", "bad"];
}

/** Shows which servers and services are healthy. */
export function showHealth(status: Status): void {
  const { database, services } = status;
  const entries = [kafkaHealth(status), DATABASE_HEALTH[database.state]];
  for (const kind of ["consumer", "producer"] as const) {
    const up = services.filter((service) => service.kind === kind && service.up).length;
    const unreachable = services.filter((service) => service.kind === kind && !service.up).length;
    const name = plural(up, kind);
    entries.push(
      unreachable > 0 ? [`${name}, ${unreachable} unreachable`, "bad"] : [name, up > 0 ? "" : "unknown"],
    );
  }
  replaceChildren(
    byId("health"),
    JSON.stringify(entries),
    () => entries.map(([text, className]) => el("li", className, text)),
  );
}

/** Shows the consumers with the lag of each of their partitions. */
export function showConsumers({ services, lag: { others, staleSince } }: Status): void {
  const consumers = services.filter(({ kind, up }) => kind === "consumer" || !up);
  const lags = [...others, ...consumers.flatMap(({ partitions }) => partitions)].map(({ lag }) => lag);
  const end = scaleEnd(Math.max(0, ...lags), FULL_BAR_MIN);
  const problem = services.length === 0
    ? "No services configured: set DASHBOARD_SERVICES."
    : consumers.length === 0
    ? "No consumer has responded yet."
    : "";
  const scale = lags.length > 0 ? `Lag in records; a full bar is ${formatCount(end)}.` : "";
  setText(byId("consumers-note"), [problem, scale].filter((text) => text !== "").join(" "));
  replaceChildren(
    byId("consumers"),
    JSON.stringify([consumers, others, staleSince, end]),
    () => [
      ...consumers.map((service) => consumerCard(service, end)),
      ...others.length > 0 ? [otherPartitionsCard(others, staleSince, end)] : [],
    ],
  );
}

/** The partitions that no reachable consumer reports; their lag is computed from Kafka's offsets. */
function otherPartitionsCard(
  others: readonly PartitionLag[],
  staleSince: number | undefined,
  end: number,
): HTMLElement {
  const known = staleSince === undefined ? "" : `, as known at ${formatTime(staleSince)}`;
  const count = `${plural(others.length, "partition")}${known}`;
  return el(
    "article",
    "",
    el("h3", "", "Not assigned to a reachable consumer", el("span", "", count)),
    partitionTable(others, end),
  );
}

function consumerCard(
  { name, kind, up, problem, missing, partitions }: ServiceStatus,
  end: number,
): HTMLElement {
  const noun = kind === "unknown" ? "Service" : `${kind[0]!.toUpperCase()}${kind.slice(1)}`;
  const state = !up
    ? `unreachable: ${problem}`
    : missing.length > 0
    ? `unavailable: ${missing.join(", ")}`
    : partitions.length === 0
    ? "no partitions assigned"
    : `${plural(partitions.length, "partition")} assigned`;
  const card = el("article", up ? "" : "unreachable", el("h3", "", `${noun} ${name}`, el("span", "", state)));
  if (partitions.length === 0) return card;
  card.append(partitionTable(partitions, end));
  return card;
}

/** @param end lag of a full bar */
function partitionTable(partitions: readonly PartitionLag[], end: number): HTMLElement {
  const rows = partitions.map(({ topic, partition, lag }) =>
    el(
      "tr",
      "",
      el("td", "", `${topic}[${partition}]`),
      el("td", "wide", bar(lag / end)),
      el("td", "n", formatCount(lag)),
    )
  );
  const scale = el("th", "wide", el("span", "range", el("span", "", "0"), el("span", "", formatCount(end))));
  const head = el("tr", "", el("th", "", "Partition"), scale, el("th", "n", "Lag"));
  return el("table", "", el("thead", "", head), el("tbody", "", ...rows));
}

/** Shows the latest rejected records. Their bytes are shown as text or hexadecimal, never as markup. */
export function showRejected(records: readonly RejectedRecord[], total: Status["rejected"]): void {
  const stored = "stored byte for byte in rejected_records";
  const note = records.length === 0
    ? total ? "None." : "Unknown until PostgreSQL responds."
    : total && total.count > records.length
    ? `The latest ${records.length} of ${countText(total)}, ${stored}`
    : `${records.length} ${stored}`;
  setText(byId("rejected-note"), note);
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
