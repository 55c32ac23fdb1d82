import { Format } from "cli-progress";
import type { Readings, Totals } from "./readings.ts";
import type { Style } from "./style.ts";

/** Content of the screen. */
export interface View {
  /** Milliseconds since the start. */
  elapsed: number;
  readings: Readings;
  /** Short description of the current phase. */
  state: string;
  /** Value of --count; 0: unbounded. */
  count: number;
  /** Lag before this start. */
  backlog: number;
}

/** A line of the screen. */
export interface Line {
  text: string;
  style?: Style;
}

/** The lines for a terminal, each at most `width` characters. */
export function renderScreen(view: View, width: number): Line[] {
  const { readings, count } = view;
  const { totals, lag } = readings.last;
  const lines: Line[] = [
    { text: "" },
    { text: `${formatDuration(view.elapsed)}  ${view.state}`, style: "bold" },
    { text: "" },
    { text: `${"".padEnd(10)}${"records".padStart(15)}${"records/s".padStart(13)}`, style: "dim" },
    ...countsToShow(readings).map((name) => ({
      text: row(name, totals[name], readings.rate(name)),
      ...STYLES[name] && totals[name] > 0 && { style: STYLES[name] },
    })),
    { text: row("lag", lag) },
    ...count > 0
      ? [{ text: "" }, { text: progressBar(view, width), style: "cyan" as const }, { text: "" }]
      : [{ text: "" }],
  ];
  return lines.map((line) => ({ ...line, text: line.text.slice(0, width) }));
}

/** Of counts above 0. */
const STYLES: { readonly [name in keyof Totals]?: Style } = {
  stored: "green",
  rejected: "yellow",
  lost: "red",
};

/** A single line, for outputs that are not a terminal. */
export function renderLine(view: View): string {
  const { elapsed, readings, state, count } = view;
  const { totals, lag } = readings.last;
  const parts = countsToShow(readings).map((name) =>
    `${name} ${formatInteger(totals[name])} (${formatInteger(readings.rate(name))}/s)`
  );
  const progress = count > 0
    ? [`${formatPercentage(doneRecords(view), count)} of ${formatInteger(count)}`]
    : [];
  return [
    `${formatDuration(elapsed)}  ${state}`,
    ...parts,
    `lag ${formatInteger(lag)}`,
    ...progress,
  ].join(", ");
}

/** Records that are no longer in the lag. */
export function processed({ stored, rejected, lost }: Totals): number {
  return stored + rejected + lost;
}

/** Processed records of this run's count. */
function doneRecords({ readings, backlog, count }: View): number {
  return Math.min(count, Math.max(0, processed(readings.last.totals) - backlog));
}

/** Rounds and inserts thousands separators. */
export function formatInteger(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

/** Milliseconds as `m:ss` or `h:mm:ss`. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (value: number) => `${value}`.padStart(2, "0");
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** Lost records are rare and shown only if there are any. */
function countsToShow({ last: { totals } }: Readings): (keyof Totals)[] {
  return ["produced", "stored", "rejected", ...totals.lost > 0 ? ["lost"] as const : []];
}

function row(name: string, total: number, rate?: number): string {
  const shownRate = rate === undefined ? "" : formatInteger(rate).padStart(13);
  return `  ${name.padEnd(8)}${formatInteger(total).padStart(15)}${shownRate}`;
}

const BAR_WIDTH_MAX = 40;

/** The bar takes the width that its text leaves. */
function progressBar(view: View, width: number): string {
  const { count, readings } = view;
  const done = doneRecords(view);
  const rate = readings.rate("stored") + readings.rate("rejected");
  const left = done < count && rate > 0 ? `, ${formatDuration((count - done) / rate * 1000)} left` : "";
  const text = `${formatPercentage(done, count)} of ${formatInteger(count)}${left}`;
  const barsize = Math.max(0, Math.min(BAR_WIDTH_MAX, width - text.length - 1));
  const bar = Format.BarFormat(done / count, {
    barsize,
    barCompleteString: "█".repeat(barsize),
    barIncompleteString: "░".repeat(barsize),
    barGlue: "",
  });
  return `${bar} ${text}`;
}

/** Rounded down, so that 100 % means all. */
function formatPercentage(done: number, count: number): string {
  return `${Math.floor(done / count * 100)} %`;
}
