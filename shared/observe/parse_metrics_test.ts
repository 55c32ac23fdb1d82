import assert from "assert";
import { Counter, Registry } from "prom-client";
import { parseMetrics, sumOf } from "./parse_metrics.ts";

Deno.test("parseMetrics() parses the output of prom-client, including escaped labels", async () => {
  const registry = new Registry();
  const counter = new Counter({ name: "a_total", help: "x", labelNames: ["b"], registers: [registry] });
  const odd = 'q"\\\n,}{=';
  counter.inc({ b: odd }, 2.5);
  counter.inc({ b: "c" }, 1e21);
  assert.deepEqual(parseMetrics(await registry.metrics()), [
    { name: "a_total", labels: { b: odd }, value: 2.5 },
    { name: "a_total", labels: { b: "c" }, value: 1e21 },
  ]);
});

Deno.test("parseMetrics() parses names, labels and values, and skips comments", () => {
  const page = `# HELP consumer_records_total Records by outcome
# TYPE consumer_records_total counter
consumer_records_total{topic="routes",outcome="rejected"} 2

up 1 1700000000000
seconds_bucket{le="+Inf"} 3
limit -Inf
`;
  assert.deepEqual(parseMetrics(page), [
    { name: "consumer_records_total", labels: { topic: "routes", outcome: "rejected" }, value: 2 },
    { name: "up", labels: {}, value: 1 },
    { name: "seconds_bucket", labels: { le: "+Inf" }, value: 3 },
    { name: "limit", labels: {}, value: -Infinity },
  ]);
});

Deno.test("sumOf() sums the samples that have at least the given labels", () => {
  const samples = parseMetrics('a{x="1",y="1"} 1\na{x="1",y="2"} 2\na{x="2"} 4\nb 8\nc +Inf');
  assert.equal(sumOf(samples, "a", { x: "1" }), 3);
  assert.equal(sumOf(samples, "a"), 7);
  assert.equal(sumOf(samples, "c"), Infinity);
  assert.equal(sumOf(samples, "missing"), 0);
});
