import assert from "assert";
import { Counter, Gauge, Registry } from "prom-client";
import { fetchMetrics, parseMetrics, sumOf } from "./metrics.ts";

const PAGE = `# HELP consumer_records_total Records by outcome
# TYPE consumer_records_total counter
consumer_records_total{topic="routes",outcome="stored"} 7
consumer_records_total{topic="battery",outcome="stored"} 5
consumer_records_total{topic="routes",outcome="rejected"} 2

up 1 1700000000000
seconds_bucket{le="+Inf"} 3
limit +Inf
`;

Deno.test("parseMetrics() reads names, labels and values, and no comments", () => {
  assert.deepEqual(parseMetrics(PAGE).slice(2), [
    { name: "consumer_records_total", labels: { topic: "routes", outcome: "rejected" }, value: 2 },
    { name: "up", labels: {}, value: 1 },
    { name: "seconds_bucket", labels: { le: "+Inf" }, value: 3 },
    { name: "limit", labels: {}, value: Infinity },
  ]);
});

Deno.test("parseMetrics() reads what prom-client writes, whatever stands in a label", async () => {
  const registry = new Registry();
  const awkward = 'a "quoted" \\ back\nslash, } {x="1"}';
  new Counter({ name: "c", help: "h\nh", labelNames: ["l", "m"], registers: [registry] })
    .inc({ l: awkward, m: "2" }, 1.5e21);
  new Gauge({ name: "g", help: "h", registers: [registry] }).set(-0.25);
  assert.deepEqual(parseMetrics(await registry.metrics()), [
    { name: "c", labels: { l: awkward, m: "2" }, value: 1.5e21 },
    { name: "g", labels: {}, value: -0.25 },
  ]);
});

Deno.test("sumOf() adds up what has the labels, whatever others it has", () => {
  const samples = parseMetrics(PAGE);
  assert.equal(sumOf(samples, "consumer_records_total", { outcome: "stored" }), 12);
  assert.equal(sumOf(samples, "consumer_records_total"), 14);
  assert.equal(sumOf(samples, "missing"), 0);
});

Deno.test("fetchMetrics() is nothing when nobody answers or the answer is an error", async () => {
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => new Response("up 1\n", { status: request.url.endsWith("/metrics") ? 200 : 503 }),
  );
  const url = `http://127.0.0.1:${server.addr.port}`;
  assert.deepEqual(await fetchMetrics(`${url}/metrics`), [{ name: "up", labels: {}, value: 1 }]);
  assert.equal(await fetchMetrics(`${url}/other`), undefined);
  await server.shutdown();
  assert.equal(await fetchMetrics(`${url}/metrics`), undefined);
});
