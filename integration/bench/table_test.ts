import assert from "assert";
import { page } from "./report.ts";
import { median, perFurtherMillion, type Results } from "./results.ts";
import type { SinkRun } from "./sink.ts";
import { markdown, tables } from "./table.ts";

const sink = (records: number, cpuSeconds: number): SinkRun => ({
  records,
  seconds: 2,
  firstRowSeconds: 0.5,
  drainSeconds: 1.25,
  cpuSeconds,
  peakBytes: 200 * 2 ** 20,
  transactions: 30,
});
const results: Results = {
  date: "2030-01-02T03:04:05.000Z",
  machine: { cpus: 2, os: "linux x86_64", deno: "2.9.6", load: 0.5 },
  records: 1_000_000,
  partitions: 6,
  sink: [sink(1e6, 1.6), sink(1e6, 1.4), sink(1e6, 1.5)],
  sinkLong: sink(5e6, 5.5),
  latency: [{ rate: 100, rows: 1_000, p50: 3, p99: 9.25, p999: 12, resolution: 1.5 }],
  growth: [{ what: "</script><b>", value: 1, run: sink(1e6, 1) }],
};

Deno.test("tables() show the median run and what a further million costs", () => {
  const text = tables(results).map(markdown).join("\n");
  assert.match(text, /from process start\s+\|\s+500 000\/s \|\s+1\.50 s \|\s+200 MiB/);
  assert.match(text, /each further million\s+\|\s+2 500 000\/s \|\s+1\.00 s/);
  assert.match(text, /100 +\|\s+1 000 \|\s+3\.0 ms \|\s+9\.3 ms \|\s+12\.0 ms \|\s+1\.5 ms/);
  assert.doesNotMatch(text, /Producer/);
});

Deno.test("markdown() gives lines of one width", () => {
  for (const table of tables(results)) {
    const lines = markdown(table).split("\n").filter((line) => line.startsWith("|"));
    assert.equal(new Set(lines.map(({ length }) => length)).size, 1);
  }
});

Deno.test("median() is the middle run, and perFurtherMillion() leaves out what both have", () => {
  assert.equal(median([3, 1, 2], (n) => n), 2);
  assert.equal(median([4, 1, 2, 3], (n) => n), 2);
  assert.equal(perFurtherMillion(sink(1e6, 2), sink(3e6, 5)), 1.5);
});

Deno.test("page() is self-contained and lets no text end its script", async () => {
  const html = await page(results);
  assert.match(html, /uPlot/);
  assert.doesNotMatch(html, /(src|href)=["']?https?:/);
  assert.equal(html.match(/<\/script>/g)!.length, 2);
  assert.ok(!html.includes("<b>"));
});
