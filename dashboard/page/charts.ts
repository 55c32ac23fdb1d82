/// <reference lib="dom" />
/**
 * Charts of the rates, latency and lag of the last minutes.
 *
 * @module
 */
import uPlot from "uplot";
import type { Sample } from "../protocol.ts";
import { byId, color, el, replaceChildren, setText } from "./dom.ts";
import {
  formatCount,
  formatRate,
  formatSeconds,
  formatTicks,
  formatTime,
  formatTimestamp,
} from "./format.ts";
import { hover } from "./hover.ts";
import { LAG_AXIS, LATENCY_AXIS, RATE_AXIS, type ValueAxis } from "./ticks.ts";

/** Time span of the charts, seconds: that of the samples, within these limits. */
const [SPAN_MIN_S, SPAN_MAX_S] = [60, 300];
/** Samples over which a rate is averaged: consumers commit batches, so that one sample may contain none or two. */
const AVERAGED_SAMPLES = 3;

interface Line {
  /** Index of the value in a sample. */
  readonly index: number;
  readonly name: string;
  readonly color: string;
  readonly dashed?: boolean;
  readonly text: (value: number) => string;
}

interface Chart {
  readonly id: string;
  readonly axis: ValueAxis;
  readonly smooth?: boolean;
  readonly lines: readonly Line[];
}

const perSecond = (value: number) => `${formatRate(value)}/s`;
const time = (value: number) => formatSeconds(value).join(" ");

const CHARTS: readonly Chart[] = [
  {
    id: "rate",
    axis: RATE_AXIS,
    smooth: true,
    lines: [
      { index: 1, name: "produced", color: "produced", dashed: true, text: perSecond },
      { index: 2, name: "stored", color: "accent", text: perSecond },
      { index: 3, name: "rejected", color: "rejected", text: perSecond },
    ],
  },
  {
    id: "latency",
    axis: LATENCY_AXIS,
    lines: [
      { index: 4, name: "p50", color: "accent", text: time },
      { index: 5, name: "p99", color: "slow", text: time },
    ],
  },
  {
    id: "lag",
    axis: LAG_AXIS,
    lines: [{ index: 6, name: "records", color: "accent", text: formatCount }],
  },
];

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

  show(samples: readonly Sample[]): void {
    this.#samples = samples;
    const end = samples.at(-1)?.[0] ?? Date.now() / 1000;
    const span = Math.max(SPAN_MIN_S, Math.min(SPAN_MAX_S, end - (samples[0]?.[0] ?? end)));
    for (const { chart, plot } of this.#plots) {
      plot.batch(() => {
        plot.setData(dataOf(chart, samples), false);
        plot.setScale("x", { min: end - span, max: end });
      });
    }
    for (const chart of CHARTS) showLegend(chart, samples);
  }

  /** Recreates the charts, for example after a change of colors. */
  redraw(): void {
    for (const { plot } of this.#plots) plot.destroy();
    this.#plots = CHARTS.map((chart) => ({ chart, plot: createPlot(chart) }));
    this.show(this.#samples);
  }
}

const sizeOf = ({ clientWidth: width, clientHeight: height }: HTMLElement) => ({ width, height });

function dataOf({ lines, smooth }: Chart, samples: readonly Sample[]): uPlot.AlignedData {
  const columns = lines.map(({ index }) => samples.map((sample) => sample[index]!));
  const data = smooth ? columns.map(movingAverage) : columns;
  return [samples.map(([at]) => at), ...data] as uPlot.AlignedData;
}

/** The moving average over {@link AVERAGED_SAMPLES} values; gaps stay gaps. */
const movingAverage = (values: readonly (number | null)[]) =>
  values.map((value, i) => {
    if (value === null) return null;
    const near = values.slice(Math.max(0, i - AVERAGED_SAMPLES + 1), i + 1).filter((one) => one !== null);
    return near.reduce((sum, one) => sum + one, 0) / near.length;
  });

function createPlot(chart: Chart): uPlot {
  const place = byId(chart.id);
  return new uPlot(
    {
      ...sizeOf(place),
      padding: [8, 28, 0, 0],
      legend: { show: false },
      cursor: { sync: { key: "charts" }, drag: { x: false, y: false }, points: { size: 6 } },
      scales: { y: { range: (_, __, max) => [0, Math.max(chart.axis.end, max * 1.08)] } },
      axes: [
        timeAxis(),
        axis({ size: 58, incrs: [...chart.axis.steps], values: (_, values) => chart.axis.ticks(values) }),
      ],
      plugins: [hover(formatTimestamp, (index, data) => hoverLines(chart, data, index))],
      series: [
        {},
        ...chart.lines.map(({ name, color: colorName, dashed }): uPlot.Series => ({
          label: name,
          stroke: color(colorName),
          width: 1.75,
          points: { show: false },
          ...dashed ? { dash: [4, 4] } : {},
          ...colorName === "accent" ? { fill: color("tint") } : {},
        })),
      ],
    },
    dataOf(chart, []),
    place,
  );
}

const hoverLines = ({ lines }: Chart, [, ...columns]: uPlot.AlignedData, index: number) =>
  lines.map(({ name, text }, i) => {
    const value = columns[i]?.[index];
    return { className: name, text: `${name} ${value === null || value === undefined ? "–" : text(value)}` };
  });

/** An axis with the font and colors of the page. */
export const axis = (rest: uPlot.Axis): uPlot.Axis => ({
  stroke: color("muted"),
  font: "11.5px Inter, system-ui, sans-serif",
  grid: { stroke: color("rule"), width: 1 },
  ticks: { show: false },
  gap: 6,
  ...rest,
});

export const timeAxis = (): uPlot.Axis =>
  axis({ space: 64, size: 26, values: (_, values) => formatTicks(values) });

function showLegend({ id, lines, smooth }: Chart, samples: readonly Sample[]): void {
  const last = samples.at(-1);
  const texts = lines.map(({ index, name, text }) => {
    const value = smooth
      ? movingAverage(samples.slice(-AVERAGED_SAMPLES).map((sample) => sample[index]!)).at(-1)
      : last?.[index];
    return `${name} ${value === null || value === undefined ? "–" : text(value)}`;
  });
  replaceChildren(
    byId(`${id}-legend`),
    texts.join("\n"),
    () => texts.map((text, i) => el("span", lines[i]!.name, text)),
  );
}

/** Shows the samples as a table, one row per ten samples. */
export function showNumbers(samples: readonly Sample[]): void {
  const rows = samples.filter((_, i) => (samples.length - 1 - i) % 10 === 0).reverse();
  setText(byId("numbers-note"), `Every tenth sample: ${rows.length} of ${samples.length}.`);
  const cell = (value: number | null | undefined, text: (value: number) => string) =>
    el("td", "n", value === null || value === undefined ? "–" : text(value));
  replaceChildren(
    byId("numbers-rows"),
    `${rows[0]?.[0]}`,
    () =>
      rows.map(([at, produced, stored, rejected, p50, p99, lag]) =>
        el(
          "tr",
          "",
          el("td", "", formatTime(at * 1000)),
          cell(produced, formatRate),
          cell(stored, formatRate),
          cell(rejected, formatRate),
          cell(p50, time),
          cell(p99, time),
          cell(lag, formatCount),
        )
      ),
  );
}
