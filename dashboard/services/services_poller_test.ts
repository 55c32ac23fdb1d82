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
const away: Scrape = {
  id: "http://10.0.0.1:1/metrics",
  name: "consumer",
  problem: "Nothing listens there.",
};

/** Looks once for each answer, a second apart. */
async function look(...answers: Scrape[][]) {
  const watch = new ServicesPoller([], () => Promise.resolve(answers.shift()!));
  const samples = [];
  for (let now = 1_000_000; answers.length > 0; now += 1_000) samples.push(await watch.poll(now));
  return { samples, status: watch.status };
}

Deno.test("ServicesWatch.look() makes rates of counters when it has seen them before", async () => {
  const { samples } = await look([consumer(100, 0)], [consumer(150, 2)]);
  assert.deepEqual(samples[0]!.slice(1, 4), [null, 0, 0]);
  assert.deepEqual(samples[1]!.slice(1, 4), [null, 50, 2]);
});

Deno.test("ServicesWatch.look() counts from 0 when a process was started again", async () => {
  const { samples } = await look([consumer(1_000, 0)], [consumer(30, 0)]);
  assert.equal(samples[1]![2], 30);
});

Deno.test("ServicesWatch.look() spreads what was counted meanwhile when a process was silent", async () => {
  const { samples } = await look([consumer(100, 0)], [away], [consumer(300, 0)]);
  assert.deepEqual(samples.map((sample) => sample[2]), [0, null, 100]);
});

Deno.test("ServicesWatch.look() takes latency from what was added, and adds up the lag, when a consumer answers", async () => {
  const { samples } = await look([consumer(1_000, 0, 0)], [consumer(1_100, 0, 100)]);
  assert.equal(samples[0]![4], null);
  assert.equal(samples[1]![4], 0.05);
  assert.equal(samples[1]![6], 12);
});

Deno.test("ServicesWatch.look() counts the lag of a partition that nobody consumes once, when several consumers report it", async () => {
  const reporting = (id: string, lag: number): Scrape => ({
    id,
    name: "consumer",
    samples: parseMetrics(`
consumer_lag_records{topic="routes",partition="${id}"} 1
consumer_unassigned_lag_records{topic="routes",partition="3"} ${lag}
consumer_unassigned_lag_records{topic="routes",partition="4"} 10
`),
  });
  const { samples, status } = await look([reporting("1", 100), reporting("2", 120)]);
  assert.equal(samples[0]![6], 1 + 1 + 120 + 10);
  assert.deepEqual(status[0]!.unassigned, [
    { topic: "routes", partition: 3, lag: 100 },
    { topic: "routes", partition: 4, lag: 10 },
  ]);
});

Deno.test("ServicesWatch.status names partitions in order and servers that are away when the consumer does", async () => {
  const { status: [one] } = await look([consumer(1, 0)]);
  assert.deepEqual(one!.partitions.map(({ partition }) => partition), [2, 10]);
  assert.deepEqual(one!.missing, ["kafka"]);
  assert.equal(one!.kind, "consumer");
});

Deno.test("ServicesWatch.status remembers what a process was when it does not answer any more", async () => {
  const { status: [one] } = await look([consumer(1, 0)], [away]);
  assert.deepEqual({ ...one }, {
    name: "consumer",
    kind: "consumer",
    up: false,
    problem: "Nothing listens there.",
    missing: [],
    partitions: [],
  });
});

Deno.test("ServicesWatch.status forgets a process when its name stands for it no longer", async () => {
  assert.deepEqual((await look([consumer(1, 0)], [])).status, []);
});
