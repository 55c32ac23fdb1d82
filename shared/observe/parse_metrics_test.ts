import assert from "assert";
import { Counter, Registry } from "prom-client";
import { parseMetrics, sumOf } from "./parse_metrics.ts";

Deno.test("parseMetrics() reads what prom-client writes, odd labels too", async () => {
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

Deno.test("sumOf() adds up the samples that have the labels, whatever others", () => {
  const samples = parseMetrics('a{x="1",y="1"} 1\na{x="1",y="2"} 2\na{x="2"} 4\nb 8\nc +Inf');
  assert.equal(sumOf(samples, "a", { x: "1" }), 3);
  assert.equal(sumOf(samples, "a"), 7);
  assert.equal(sumOf(samples, "c"), Infinity);
});
