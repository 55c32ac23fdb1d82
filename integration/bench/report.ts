/**
 * Results as one page with charts, which needs no network.
 *
 * @module
 */
import { createRequire } from "node:module";
import { median, middleRate, type Results } from "./results.ts";
import { type Table, tables } from "./table.ts";

/** A chart of one or more lines over a common axis. */
interface Chart {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly log: boolean;
  readonly values: readonly number[];
  readonly lines: readonly { readonly label: string; readonly values: readonly (number | null)[] }[];
}

/** The charts of what was measured: what a table shows less well. */
export function charts({ latency, growth, sink, copy, records }: Results): Chart[] {
  const found: Chart[] = [];
  if (latency) {
    found.push({
      title: "Latency by rate",
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
  for (const what of new Set(growth?.map(({ what }) => what))) {
    const runs = growth!.filter((series) => series.what === what).sort((a, b) => a.value - b.value);
    found.push({
      title: `Sink by ${what}`,
      x: what,
      y: "records/s",
      log: false,
      values: runs.map(({ value }) => value),
      lines: [{
        label: "records/s from the first row",
        values: runs.map(({ runs }) => middleRate(runs)),
      }],
    });
  }
  if (sink && sink.length > 1) {
    const limit = copy && copy.binary.rows / copy.binary.seconds;
    const middle = median(sink, ({ drainSeconds }) => drainSeconds);
    found.push({
      title: "Sink, run by run",
      x: "run",
      y: "records/s",
      log: false,
      values: sink.map((_, run) => run + 1),
      lines: [
        { label: "from process start", values: sink.map(({ seconds }) => records / seconds) },
        { label: "from the first row", values: sink.map(({ drainSeconds }) => records / drainSeconds) },
        { label: "median from the first row", values: sink.map(() => records / middle.drainSeconds) },
        ...(limit ? [{ label: "binary COPY alone", values: sink.map(() => limit) }] : []),
      ],
    });
  }
  return found;
}

/** The page. */
export async function page(results: Results): Promise<string> {
  const require = createRequire(import.meta.url);
  const asset = (name: string) => Deno.readTextFile(require.resolve(`uplot/dist/${name}`));
  const [script, style] = await Promise.all([asset("uPlot.iife.min.js"), asset("uPlot.min.css")]);
  const { machine, date } = results;
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Benchmark of ${escape(date)}</title>
<style>
${style}
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; color: #222; background: #fff; }
table { border-collapse: collapse; margin: 0 0 2rem; }
caption { text-align: left; font-weight: 600; padding: .5rem 0; }
th, td { padding: .25rem .75rem; border-bottom: 1px solid #ccc; text-align: right; font-variant-numeric: tabular-nums; }
th:first-child, td:first-child { text-align: left; }
</style>
<h1>Benchmark</h1>
<p>${escape(date)}; ${machine.cpus} processors, ${escape(machine.os)}, Deno ${
    escape(machine.deno)
  }; load average at the start ${machine.load.toFixed(1)}.</p>
${tables(results).map(htmlTable).join("\n")}
<div id="charts"></div>
<script>${script}</script>
<script>
const charts = ${JSON.stringify(charts(results)).replaceAll("<", "\\u003c")};
const colors = ["#2a6fdb", "#d1495b", "#2e8b57", "#8a6d3b"];
for (const { title, x, y, log, values, lines } of charts) {
  new uPlot({
    title, width: Math.min(900, innerWidth - 40), height: 320,
    scales: { x: { time: false, distr: log ? 3 : 1 }, y: { range: (u, min, max) => [0, max * 1.1] } },
    axes: [{ label: x }, { label: y, size: 80 }],
    series: [{ label: x }, ...lines.map(({ label }, n) => ({ label, stroke: colors[n], width: 2, points: { show: true } }))],
  }, [values, ...lines.map(({ values }) => values)], document.getElementById("charts"));
}
</script>
</html>
`;
}

function htmlTable({ title, head, rows }: Table): string {
  const cells = (tag: string, row: readonly string[]) =>
    row.map((cell) => `<${tag}>${escape(cell)}</${tag}>`).join("");
  return `<table><caption>${escape(title)}</caption>
<thead><tr>${cells("th", head)}</tr></thead>
<tbody>${rows.map((row) => `<tr>${cells("td", row)}</tr>`).join("\n")}</tbody></table>`;
}

const escape = (text: string) =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
