/// <reference lib="dom" />
/**
 * The charts: rates, latency and lag of the last minutes.
 *
 * @module
 */
import uPlot from "uplot";
import type { Sample } from "../protocol.ts";
import { byId, colour, el, fill } from "./dom.ts";
import { clock, count, rate, seconds, shortSeconds, ticks } from "./format.ts";

/** Seconds that the charts reach back: as far as there is something to show, but not less than the first of these. */
const [LEAST_SPAN, MOST_SPAN] = [60, 300];
/** Looks over which a rate is averaged: consumers commit batches, and one look may see none of them or two. */
const SMOOTH = 3;

/** One line of a chart. */
interface Line {
  /** Place of its value in a sample. */
  readonly index: number;
  readonly name: string;
  readonly colour: string;
  readonly dashed?: boolean;
  readonly text: (value: number) => string;
}

interface Chart {
  readonly id: string;
  readonly axis: (value: number) => string;
  readonly smooth?: boolean;
  readonly lines: readonly Line[];
}

const perSecond = (value: number) => `${rate(value)}/s`;
const time = (value: number) => seconds(value).join(" ");

const CHARTS: readonly Chart[] = [
  {
    id: "rate",
    axis: rate,
    smooth: true,
    lines: [
      { index: 1, name: "produced", colour: "produced", dashed: true, text: perSecond },
      { index: 2, name: "stored", colour: "accent", text: perSecond },
      { index: 3, name: "rejected", colour: "rejected", text: perSecond },
    ],
  },
  {
    id: "latency",
    axis: shortSeconds,
    lines: [
      { index: 4, name: "p50", colour: "accent", text: time },
      { index: 5, name: "p99", colour: "slow", text: time },
    ],
  },
  { id: "lag", axis: count, lines: [{ index: 6, name: "records", colour: "accent", text: count }] },
];

/** All three charts. */
export class Charts {
  #plots: { chart: Chart; plot: uPlot }[] = [];
  #samples: readonly Sample[] = [];

  constructor() {
    const observer = new ResizeObserver((entries) => {
      for (const { target } of entries) {
        const found = this.#plots.find(({ chart }) => chart.id === target.id);
        if (found) found.plot.setSize(sizeOf(target as HTMLElement));
      }
    });
    for (const { id } of CHARTS) observer.observe(byId(id));
    this.redraw();
  }

  /** Shows samples. */
  show(samples: readonly Sample[]): void {
    this.#samples = samples;
    const end = samples.at(-1)?.[0] ?? Date.now() / 1000;
    const span = Math.max(LEAST_SPAN, Math.min(MOST_SPAN, end - (samples[0]?.[0] ?? end)));
    for (const { chart, plot } of this.#plots) {
      plot.batch(() => {
        plot.setData(dataOf(chart, samples), false);
        plot.setScale("x", { min: end - span, max: end });
      });
    }
    for (const chart of CHARTS) showLegend(chart, samples);
  }

  /** Makes the charts anew, as after a change of colours. */
  redraw(): void {
    for (const { plot } of this.#plots) plot.destroy();
    this.#plots = CHARTS.map((chart) => ({ chart, plot: makePlot(chart) }));
    this.show(this.#samples);
  }
}

const sizeOf = ({ clientWidth: width, clientHeight: height }: HTMLElement) => ({ width, height });

function dataOf({ lines, smooth }: Chart, samples: readonly Sample[]): uPlot.AlignedData {
  const columns = lines.map(({ index }) => samples.map((sample) => sample[index]!));
  const data = smooth ? columns.map(averaged) : columns;
  return [samples.map(([at]) => at), ...data] as uPlot.AlignedData;
}

/** The mean of each value and those just before it; gaps stay gaps. */
const averaged = (values: readonly (number | null)[]) =>
  values.map((value, i) => {
    if (value === null) return null;
    const near = values.slice(Math.max(0, i - SMOOTH + 1), i + 1).filter((one) => one !== null);
    return near.reduce((sum, one) => sum + one, 0) / near.length;
  });

function makePlot(chart: Chart): uPlot {
  const place = byId(chart.id);
  return new uPlot(
    {
      ...sizeOf(place),
      padding: [8, 28, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: "charts" }, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.08 : 1] } },
      axes: [timeAxis(), axis({ size: 58, values: (_, ticks) => ticks.map(chart.axis) })],
      series: [
        {},
        ...chart.lines.map(({ name, colour: of, dashed }): uPlot.Series => ({
          label: name,
          stroke: colour(of),
          width: 1.75,
          points: { show: false },
          ...dashed ? { dash: [4, 4] } : {},
          ...of === "accent" ? { fill: colour("tint") } : {},
        })),
      ],
    },
    dataOf(chart, []),
    place,
  );
}

/** An axis in the page's own letters and colours. */
export const axis = (rest: uPlot.Axis): uPlot.Axis => ({
  stroke: colour("muted"),
  font: "11.5px Inter, system-ui, sans-serif",
  grid: { stroke: colour("rule"), width: 1 },
  ticks: { show: false },
  gap: 6,
  ...rest,
});

/** An axis of time. */
export const timeAxis = (): uPlot.Axis => axis({ space: 64, size: 26, values: (_, values) => ticks(values) });

function showLegend({ id, lines, smooth }: Chart, samples: readonly Sample[]): void {
  const last = samples.at(-1);
  const texts = lines.map(({ index, name, text }) => {
    const value = smooth
      ? averaged(samples.slice(-SMOOTH).map((sample) => sample[index]!)).at(-1)
      : last?.[index];
    return `${name} ${value === null || value === undefined ? "–" : text(value)}`;
  });
  fill(
    byId(`${id}-legend`),
    texts.join("\n"),
    () => texts.map((text, i) => el("span", lines[i]!.name, text)),
  );
}

/** The samples as a table, one row in ten seconds. */
export function showNumbers(samples: readonly Sample[]): void {
  const rows = samples.filter((_, i) => (samples.length - 1 - i) % 10 === 0).reverse().slice(0, 30);
  const cell = (value: number | null | undefined, text: (value: number) => string) =>
    el("td", "n", value === null || value === undefined ? "–" : text(value));
  fill(
    byId("numbers-rows"),
    `${rows[0]?.[0]}`,
    () =>
      rows.map(([at, produced, stored, rejected, p50, p99, lag]) =>
        el(
          "tr",
          "",
          el("td", "", clock(at * 1000)),
          cell(produced, rate),
          cell(stored, rate),
          cell(rejected, rate),
          cell(p50, time),
          cell(p99, time),
          cell(lag, count),
        )
      ),
  );
}
