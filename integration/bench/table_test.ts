import assert from "assert";
import { renderPage } from "./report.ts";
import { cpuPerAdditionalMillion, type Results } from "./results.ts";
import type { ConsumerRun } from "./consumer_run.ts";
import { createTables, toMarkdown } from "./table.ts";

const consumerRun = (records: number, cpuSeconds: number): ConsumerRun => ({
  records,
  seconds: 2,
  firstRowSeconds: 0.5,
  drainSeconds: 1.25,
  drained: 0.75 * records,
  cpuSeconds,
  peakBytes: 200 * 2 ** 20,
  transactions: 30,
  load: 0.25,
});
const results: Results = {
  date: "2030-01-02T03:04:05.000Z",
  machine: { cpus: 2, os: "linux x86_64", deno: "2.9.6", load: 0.5 },
  records: 1_000_000,
  partitions: 6,
  sink: [consumerRun(1e6, 1.6), consumerRun(1e6, 1.4), consumerRun(1e6, 1.5)],
  sinkLong: [consumerRun(5e6, 5.6), consumerRun(5e6, 5.5), consumerRun(5e6, 5.4)],
  producer: [3, 2, 4].map((seconds) => ({
    records: 1e6,
    seconds,
    cpuSeconds: 3.5,
    peakBytes: undefined,
    load: 1,
  })),
  producerPerformance: { records: 1e6, seconds: 2.5, cpuSeconds: undefined, load: 1.25 },
  latency: [{ rate: 100, rows: 1_000, p50: 3, p99: 9.25, p999: 12, resolution: 1.5, load: 0.5 }],
  latencyBaselines: { kafka: { p50: 1, p99: 2, p999: 3 }, postgres: { p50: 0.5, p99: 1.25, p999: 4 } },
  copy: {
    binary: { rows: 1e6, seconds: 0.5, cpuSeconds: 0.4, load: 1 },
    text: { rows: 1e6, seconds: 1, cpuSeconds: 0.9, load: 1 },
  },
  growth: [
    {
      workload: "</script><b>",
      value: 0,
      runs: [2, 1, 5].map((drainSeconds) => ({ ...consumerRun(1e6, 1), drainSeconds })),
    },
    { workload: "</script><b>", value: 1, runs: [{ ...consumerRun(1e6, 1), drainSeconds: 4 }] },
  ],
};

Deno.test("createTables() shows medians and the CPU time per additional million records", () => {
  const text = createTables(results).map(toMarkdown).join("\n");
  assert.match(text, /from process start\s+\|\s+500 000\/s \|\s+0\.25 \|\s+1\.50 s \|\s+200 MiB \|\s+0\.3/);
  // Records stored before the first poll are not counted.
  assert.match(text, /from the first row +\| +600 000\/s \| +0\.30 \|/);
  assert.match(text, /CPU per additional million\s+\|\s+2 500 000\/s \|\s+1\.25 \|\s+1\.00 s/);
  assert.match(text, /100 records\/s +\|\s+1 000 \|\s+3\.0 ms \|\s+9\.3 ms \|\s+12\.0 ms \|\s+1\.5 ms/);
  assert.match(text, /PostgreSQL's commit of one row \| +\| +0\.5 ms \| +1\.3 ms/);
});

Deno.test("createTables() omits parts that were not measured", () => {
  const { producer: _producer, growth: _growth, ...others } = results;
  const text = createTables(others).map(toMarkdown).join("\n");
  assert.doesNotMatch(text, /Producer|workload/);
});

Deno.test("createTables() leaves the CPU time of a baseline empty when it is unknown", () => {
  const text = createTables(results).map(toMarkdown).join("\n");
  assert.match(text, /producer, from process start +\|\s+333 333\/s \|\s+3\.50 s \| +\? \|/);
  assert.match(text, /ProducerPerformance.* \|\s+400 000\/s \| +\| +\| +1\.3 \|/);
  const known = { ...results, producerPerformance: { ...results.producerPerformance!, cpuSeconds: 5 } };
  assert.match(createTables(known).map(toMarkdown).join("\n"), /400 000\/s \| +5\.00 s \|/);
});

Deno.test("createTables() shows the median, the range, and the ratio to the first value of a workload", () => {
  const text = createTables(results).map(toMarkdown).join("\n");
  assert.match(text, /\| +0 \| +375 000\/s \| +150 000 … 750 000 \| +1\.00 \|/);
  assert.match(text, /\| +1 \| +187 500\/s \| +187 500 … 187 500 \| +0\.50 \|/);
});

Deno.test("toMarkdown() returns lines of equal length", () => {
  for (const table of createTables(results)) {
    const lines = toMarkdown(table).split("\n").filter((line) => line.startsWith("|"));
    assert.equal(new Set(lines.map(({ length }) => length)).size, 1);
  }
});

Deno.test("cpuPerAdditionalMillion() excludes the cost that both runs have", () => {
  assert.equal(cpuPerAdditionalMillion(consumerRun(1e6, 2), consumerRun(3e6, 5)), 1.5);
});

Deno.test("renderPage() loads nothing from other hosts, and escapes text in scripts", async () => {
  const html = await renderPage(results);
  assert.match(html, /uPlot/);
  assert.doesNotMatch(html, /(src|href)=["']?https?:/);
  assert.equal(html.match(/<\/script>/g)!.length, 2);
  assert.ok(!html.includes("<b>"));
});
