/**
 * Results as a self-contained HTML page with charts.
 *
 * @module
 */
import { createRequire } from "node:module";
import { formatInteger, type Table } from "./cells.ts";
import { medianRateFromFirstRow, rateFromFirstRow, type Results } from "./results.ts";
import { createTables } from "./table.ts";

/** A line chart, or a bar chart if it has `barNames`. */
interface Chart {
  readonly title: string;
  /** Axis labels. */
  readonly x: string;
  readonly y: string;
  /** Whether the x axis is logarithmic. */
  readonly log: boolean;
  /** Values on the x axis. */
  readonly values: readonly number[];
  /** One name per value. Bars are evenly spaced. */
  readonly barNames?: readonly string[];
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

/** Creates charts of results that have several values. */
function createCharts({ latency, growth, sink, copy, records }: Results): Chart[] {
  const charts: Chart[] = [];
  if (sink && sink.length > 1) {
    const copyRate = copy && copy.binary.rows / copy.binary.seconds;
    charts.push({
      title: "Consumer throughput by run",
      x: "run",
      y: "records/s",
      log: false,
      values: sink.map((_, run) => run + 1),
      lines: [
        { label: "from process start", values: sink.map(({ seconds }) => records / seconds) },
        { label: "from the first row", values: sink.map(rateFromFirstRow) },
        ...(copyRate ? [{ label: "baseline: binary COPY", values: sink.map(() => copyRate) }] : []),
      ],
    });
  }
  if (latency) {
    charts.push({
      title: "End-to-end latency by rate",
      x: "records/s",
      y: "ms",
      log: true,
      values: latency.map(({ rate }) => rate),
      lines: [
        { label: "p50", values: latency.map(({ p50 }) => p50) },
        { label: "p99", values: latency.map(({ p99 }) => p99) },
        { label: "p99.9", values: latency.map(({ p999 }) => p999) },
      ],
    });
  }
  for (const workload of new Set(growth?.map(({ workload }) => workload))) {
    const series = growth!.filter((runs) => runs.workload === workload);
    charts.push({
      title: `Consumer throughput by ${workload}`,
      x: workload,
      y: "records/s",
      log: false,
      values: series.map((_, index) => index),
      barNames: series.map(({ value }) => formatInteger(value)),
      lines: [{
        label: "from the first row",
        values: series.map(({ runs }) => medianRateFromFirstRow(runs)),
      }],
    });
  }
  return charts;
}

const STYLE = `
:root { color-scheme: light dark; --paper: #f6f6f3; --panel: #fff; --ink: #1b2027; --muted: #5e6672; --rule: #e3e3de;
  --line-1: #0b7a70; --line-2: #c77700; --line-3: #c0273a; --line-4: #1d6fe0; }
@media (prefers-color-scheme: dark) { :root { --paper: #0e1116; --panel: #161a21; --ink: #e7eaee; --muted: #98a1ae; --rule: #262c35;
  --line-1: #3fd0bf; --line-2: #f3b34c; --line-3: #ff7484; --line-4: #6ea8ff; } }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; margin: 0; color: var(--ink); background: var(--paper); }
main { max-width: 76rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
p { color: var(--muted); margin: 0 0 1.75rem; }
section { background: var(--panel); border: 1px solid var(--rule); border-radius: .5rem; padding: 1rem 1.25rem; margin: 0 0 1.25rem;
  overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
caption { text-align: left; font-weight: 600; padding: 0 0 .5rem; }
th { color: var(--muted); font-weight: 500; }
th, td { padding: .3rem .75rem; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
tr:last-child td { border-bottom: 0; }
th:first-child, td:first-child { text-align: left; padding-left: 0; white-space: normal; min-width: 11rem; }
th:last-child, td:last-child { padding-right: 0; }
#charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 33rem), 1fr)); gap: 1.25rem; }
#charts section { margin: 0; overflow: hidden; }
.u-title { font: 600 15px system-ui, sans-serif; }
.u-legend { color: var(--muted); font-size: 13px; }
`;

/** Draws the charts in the colors of the page, and redraws them when the color scheme or the width changes. */
const SCRIPT = `
const container = document.getElementById("charts");
const color = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name);
const compact = new Intl.NumberFormat("en", { notation: "compact" });
function draw({ title, x, y, log, values, barNames, lines }) {
  const box = container.appendChild(document.createElement("section"));
  const axis = { stroke: color("muted"), grid: { stroke: color("rule"), width: 1 }, ticks: { stroke: color("rule"), width: 1 },
    font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif" };
  const xAxis = barNames
    ? { label: x, grid: { show: false }, splits: () => values, values: (u, splits) => splits.map((n) => barNames[n]) }
    : log
    ? { label: x, splits: () => values, values: (u, splits) => splits.map((n) => compact.format(n)), filter: (u, splits) => splits }
    : { label: x, splits: () => values };
  const series = lines.map(({ label }, n) => barNames
    ? { label, fill: color("line-1"), paths: uPlot.paths.bars({ size: [0.5, 120] }), points: { show: false } }
    : { label, stroke: color("line-" + (n + 1)), width: 2, points: { show: true, size: 7, fill: color("panel") } });
  const legend = barNames ? { show: false } : { live: false };
  new uPlot({
    title, width: box.clientWidth - 40, height: 300, legend, cursor: { show: false },
    scales: {
      x: { time: false, distr: log ? 3 : 1, ...(barNames ? { range: [-0.6, values.length - 0.4] } : {}) },
      y: { range: (u, min, max) => [0, max * 1.1] },
    },
    axes: [{ ...axis, ...xAxis }, { ...axis, label: y, size: 60, values: (u, splits) => splits.map((n) => compact.format(n)) }],
    series: [{ label: x }, ...series],
  }, [values, ...lines.map(({ values }) => values)], box);
}
function drawAll() {
  container.replaceChildren();
  charts.forEach(draw);
}
drawAll();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
let redraw;
addEventListener("resize", () => { clearTimeout(redraw); redraw = setTimeout(drawAll, 100); });
`;

/** Renders the HTML page. It loads nothing from other hosts. */
export async function renderPage(results: Results): Promise<string> {
  const require = createRequire(import.meta.url);
  const readAsset = (name: string) => Deno.readTextFile(require.resolve(`uplot/dist/${name}`));
  const [script, style] = await Promise.all([readAsset("uPlot.iife.min.js"), readAsset("uPlot.min.css")]);
  const { machine, date } = results;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmark of ${escape(date)}</title>
<style>
${style}
${STYLE}
</style>
<main>
<h1>Benchmark</h1>
<p>${escape(date)} · ${machine.cpus} CPUs, ${escape(machine.os)} · Deno ${
    escape(machine.deno)
  } · load average before the benchmark ${machine.load.toFixed(1)}</p>
${createTables(results).map(htmlTable).join("\n")}
<div id="charts"></div>
</main>
<script>${script}</script>
<script>
const charts = ${JSON.stringify(createCharts(results)).replaceAll("<", "\\u003c")};
${SCRIPT}
</script>
</html>
`;
}

function htmlTable({ title, head, rows }: Table): string {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("");
  return `<section><table><caption>${escape(title)}</caption>
<thead><tr>${cells("th", head)}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n")}</tbody></table></section>`;
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
