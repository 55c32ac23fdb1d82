import assert from "assert";
import { parseMetrics } from "../../shared/observe/parse_metrics.ts";
import { Metrics } from "./metrics.ts";

const TEXT = String.raw`# HELP records_total Records
# TYPE records_total counter
records_total{topic="a",outcome="stored"} 3
records_total{topic="b \"}\\",outcome="stored"} 4.5e1
records_total{topic="a",outcome="lost"} 1
up 1
bucket{le="+Inf"} +Inf
`;

Deno.test("Metrics.sum() adds up samples when their labels match", () => {
  const metrics = new Metrics(parseMetrics(TEXT));
  assert.equal(metrics.sum("records_total", { outcome: "stored" }), 48);
  assert.equal(metrics.sum("records_total", { topic: 'b "}\\' }), 45);
  assert.equal(metrics.sum("records_total"), 49);
  assert.equal(metrics.sum("up"), 1);
  assert.equal(metrics.sum("bucket"), Infinity);
});

Deno.test("Metrics.sum() is 0 when there is no such sample", () => {
  assert.equal(new Metrics(parseMetrics(TEXT)).sum("records_total", { outcome: "rejected" }), 0);
  assert.equal(new Metrics([]).sum("up"), 0);
});
