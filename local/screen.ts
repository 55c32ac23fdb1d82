import { Format } from "cli-progress";
import type { Readings, Totals } from "./readings.ts";

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
  /** Lines below the figures. */
  notes: string[];
}

export function renderScreen(view: View): string[] {
  const { readings, count } = view;
  const done = doneRecords(view);
  return [
    "",
    `${formatDuration(view.elapsed)}  ${view.state}`,
    "",
    `${"".padEnd(10)}${"records".padStart(15)}${"records/s".padStart(13)}`,
    ...countsToShow(readings).map(([name, total]) => row(name, total, readings.rate(name))),
    row("lag", readings.last.lag),
    "",
    ...count > 0 ? [progressBar(done, count, readings), ""] : [],
    ...view.notes,
  ];
}

/** A single line, for outputs that are not a terminal. */
export function renderLine(view: View): string {
  const { elapsed, readings, state, count } = view;
  const parts = countsToShow(readings).map(([name, total]) =>
    `${name} ${formatInteger(total)} (${formatInteger(readings.rate(name))}/s)`
  );
  const progress = count > 0
    ? [`${formatPercentage(doneRecords(view), count)} of ${formatInteger(count)}`]
    : [];
  return [
    `${formatDuration(elapsed)}  ${state}`,
    ...parts,
    `lag ${formatInteger(readings.last.lag)}`,
    ...progress,
  ].join(
    ", ",
  );
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
function countsToShow({ last: { totals } }: Readings): [keyof Totals, number][] {
  const names: (keyof Totals)[] = [
    "produced",
    "stored",
    "rejected",
    ...totals.lost > 0 ? ["lost"] as const : [],
  ];
  return names.map((name) => [name, totals[name]]);
}

function row(name: string, total: number, rate?: number): string {
  const shownRate = rate === undefined ? "" : formatInteger(rate).padStart(13);
  return `  ${name.padEnd(8)}${formatInteger(total).padStart(15)}${shownRate}`;
}

function progressBar(done: number, count: number, readings: Readings): string {
  const width = 40;
  const bar = Format.BarFormat(done / count, {
    barsize: width,
    barCompleteString: "█".repeat(width),
    barIncompleteString: "░".repeat(width),
    barGlue: "",
  });
  const rate = readings.rate("stored") + readings.rate("rejected");
  const left = done < count && rate > 0 ? `, ${formatDuration((count - done) / rate * 1000)} left` : "";
  return `${bar} ${formatPercentage(done, count)} of ${formatInteger(count)}${left}`;
}

/** Rounded down, so that 100 % means all. */
function formatPercentage(done: number, count: number): string {
  return `${Math.floor(done / count * 100)} %`;
}
