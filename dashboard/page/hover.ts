/// <reference lib="dom" />
/**
 * A box next to the pointer on a chart with the time and the values there.
 *
 * @module
 */
import type uPlot from "uplot";
import { el } from "./dom.ts";

/** Distance of the box from the line at the pointer, CSS pixels. */
const GAP_PX = 10;

/** A value of a line; `className` gives its color. */
export interface HoverLine {
  readonly className: string;
  readonly text: string;
}

/**
 * A plugin that shows a box while the pointer is on the chart, or on a chart with the same cursor.
 *
 * @param timeOf text of a time, Unix seconds
 * @param linesOf the values at an index of the data, which are the current ones
 */
export function hover(
  timeOf: (time: number) => string,
  linesOf: (index: number, data: uPlot.AlignedData) => readonly HoverLine[],
): uPlot.Plugin {
  const box = el("div", "hover");
  box.hidden = true;
  box.setAttribute("aria-hidden", "true");
  const show = (plot: uPlot) => {
    const { idx, left = -1 } = plot.cursor;
    const time = idx === null || idx === undefined ? undefined : plot.data[0][idx];
    box.hidden = time === undefined || left < 0;
    if (box.hidden) return;
    box.replaceChildren(
      el("p", "", timeOf(time!)),
      ...linesOf(idx!, plot.data).map(({ className, text }) => el("p", className, text)),
    );
    const width = plot.over.clientWidth;
    const isRight = left > width / 2;
    box.style.left = isRight ? "" : `${left + GAP_PX}px`;
    box.style.right = isRight ? `${width - left + GAP_PX}px` : "";
  };
  return { hooks: { init: (plot) => void plot.over.append(box), setCursor: show } };
}
