/// <reference lib="dom" />
/**
 * The chart of a route's speed.
 *
 * @module
 */
import uPlot from "uplot";
import type { Row } from "../protocol.ts";
import { axis, timeAxis } from "./charts.ts";
import { color } from "./dom.ts";
import { formatTimestamp } from "./format.ts";
import { isPlausibleTravel, type PlaceColumns, speedBetween } from "./geo.ts";
import { hover, type HoverLine } from "./hover.ts";

const speedLine = (speed: number | null | undefined): HoverLine => ({
  className: "",
  text: speed === null || speed === undefined ? "–" : `${speed.toFixed(1)} km/h`,
});

/** Fewer rows are no chart. */
const ROWS_MIN = 3;

export class SpeedChart {
  #plot: uPlot | undefined;
  #drawn = "";

  constructor(private readonly holder: HTMLElement) {}

  /** Shows the speed between plausible rows; the line has gaps at the others. */
  show(rows: readonly Row[], place: PlaceColumns): void {
    const speeds = rows.map((row, i) => {
      const before = rows[i - 1];
      return before && isPlausibleTravel(before, row, place) ? speedBetween(before, row, place) * 3.6 : null;
    });
    const isHidden = speeds.filter((speed) => speed !== null).length < ROWS_MIN;
    this.holder.parentElement!.hidden = isHidden;
    if (isHidden) return;
    const data = [rows.map((row) => row[1]), speeds] as uPlot.AlignedData;
    const { clientWidth: width, clientHeight: height } = this.holder;
    const look = [width, height, color("accent"), color("muted")].join();
    if (this.#plot && look === this.#drawn) return this.#plot.setData(data);
    this.#drawn = look;
    this.#plot?.destroy();
    this.#plot = new uPlot(
      {
        width,
        height,
        padding: [8, 28, 0, 0],
        legend: { show: false },
        cursor: { drag: { x: false, y: false } },
        scales: { y: { range: (_, __, max) => [0, max > 0 ? max * 1.1 : 1] } },
        axes: [timeAxis(), axis({ size: 44 })],
        plugins: [hover(formatTimestamp, (index, data) => [speedLine(data[1]?.[index])])],
        series: [{}, { stroke: color("accent"), width: 1.5, points: { show: false }, fill: color("tint") }],
      },
      data,
      this.holder,
    );
  }
}
