import assert from "assert";
import { parseMetrics } from "../../shared/observe/parse_metrics.ts";
import type { Scrape } from "./scrape.ts";
import { ServicesPoller } from "./services_poller.ts";

const consumer = (stored: number, rejected: number, within = stored): Scrape => ({
  id: "http://10.0.0.1:1/metrics",
  name: "consumer",
  samples: parseMetrics(`
consumer_records_total{topic="routes",outcome="stored"} ${stored}
consumer_records_total{topic="battery",outcome="stored"} 0
consumer_records_total{topic="routes",outcome="rejected"} ${rejected}
consumer_lag_records{topic="routes",partition="10"} 7
consumer_lag_records{topic="routes",partition="2"} 5
consumer_server_up{server="kafka"} 0
consumer_server_up{server="postgresql"} 1
consumer_end_to_end_latency_seconds_bucket{le="0.1",topic="routes"} ${within}
consumer_end_to_end_latency_seconds_bucket{le="+Inf",topic="routes"} ${stored}
`),
});
const unreachable: Scrape = {
  id: "http://10.0.0.1:1/metrics",
  name: "consumer",
  problem: "Connection refused.",
};

/** Polls once per result, one second apart. */
async function poll(...results: Scrape[][]) {
  const poller = new ServicesPoller([], () => Promise.resolve(results.shift()!));
  const samples = [];
  for (let now = 1_000_000; results.length > 0; now += 1_000) samples.push(await poller.poll(now));
  return { samples, status: poller.status };
}

Deno.test("ServicesPoller.poll() computes rates when a process was scraped before", async () => {
  const { samples } = await poll([consumer(100, 0)], [consumer(150, 2)]);
  assert.deepEqual(samples[0]!.slice(1, 4), [null, 0, 0]);
  assert.deepEqual(samples[1]!.slice(1, 4), [null, 50, 2]);
});

Deno.test("ServicesPoller.poll() counts from 0 when a process was restarted", async () => {
  const { samples } = await poll([consumer(1_000, 0)], [consumer(30, 0)]);
  assert.equal(samples[1]![2], 30);
});

Deno.test("ServicesPoller.poll() averages over the gap when a process was unreachable", async () => {
  const { samples } = await poll([consumer(100, 0)], [unreachable], [consumer(300, 0)]);
  assert.deepEqual(samples.map((sample) => sample[2]), [0, null, 100]);
});

Deno.test("ServicesPoller.poll() computes latency from new observations", async () => {
  const { samples } = await poll([consumer(1_000, 0, 0)], [consumer(1_100, 0, 100)]);
  assert.equal(samples[0]![4], null);
  assert.equal(samples[1]![4], 0.05);
});

Deno.test("ServicesPoller.status lists the unassigned partitions that a consumer reports", async () => {
  const reporting = (id: string, lag: number): Scrape => ({
    id,
    name: "consumer",
    samples: parseMetrics(`
consumer_lag_records{topic="routes",partition="${id}"} 1
consumer_unassigned_lag_records{topic="routes",partition="3"} ${lag}
consumer_unassigned_lag_records{topic="routes",partition="4"} 10
`),
  });
  const { status } = await poll([reporting("1", 100), reporting("2", 120)]);
  assert.deepEqual(status[0]!.unassigned, [
    { topic: "routes", partition: 3, lag: 100 },
    { topic: "routes", partition: 4, lag: 10 },
  ]);
});

Deno.test("ServicesPoller.status lists partitions in order and the servers that a consumer reports as unavailable", async () => {
  const { status: [one] } = await poll([consumer(1, 0)]);
  assert.deepEqual(one!.partitions.map(({ partition }) => partition), [2, 10]);
  assert.deepEqual(one!.missing, ["kafka"]);
  assert.equal(one!.kind, "consumer");
});

Deno.test("ServicesPoller.status keeps the kind of a process when it becomes unreachable", async () => {
  const { status: [one] } = await poll([consumer(1, 0)], [unreachable]);
  assert.deepEqual({ ...one }, {
    name: "consumer",
    kind: "consumer",
    up: false,
    problem: "Connection refused.",
    missing: [],
    partitions: [],
  });
});

Deno.test("ServicesPoller.status drops a process when its host name no longer resolves to it", async () => {
  assert.deepEqual((await poll([consumer(1, 0)], [])).status, []);
});
