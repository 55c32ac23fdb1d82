import assert from "assert";
import type { ServiceStatus } from "../protocol.ts";
import { LagTracker } from "./group_lag.ts";

const NOW = 1_000_000;
const at = (partition: number, high: number, low = 0, topicId = "a") => ({
  ...{ topic: "t", partition, low, high, topicId },
});
const row = (partition: number, nextOffset: number, topicId: string | null = "a") => ({
  ...{ topic: "t", partition, nextOffset, topicId },
});
const consumer = (partition: number, lag: number, rest: Partial<ServiceStatus> = {}): ServiceStatus => ({
  ...{ name: "c", kind: "consumer", up: true, missing: [], partitions: [{ topic: "t", partition, lag }] },
  ...rest,
});
const offsets = { at: NOW, partitions: [at(0, 100), at(1, 100)] };
const progress = [row(0, 90), row(1, 70)];
const lagOf = (...parameters: Parameters<LagTracker["update"]>) => new LagTracker().update(...parameters);

Deno.test("LagTracker.update() computes the lag from Kafka's offsets when no consumer runs", () => {
  const { records, others, staleSince } = lagOf({ services: [], offsets, progress }, NOW);
  assert.deepEqual([records, staleSince], [40, undefined]);
  assert.deepEqual(others.map(({ lag }) => lag), [10, 30]);
});

Deno.test("LagTracker.update() prefers the lag that consumers report, and adds the other partitions", () => {
  const { records, others } = lagOf({ services: [consumer(0, 3)], offsets, progress }, NOW);
  assert.deepEqual([records, others], [33, [{ topic: "t", partition: 1, lag: 30 }]]);
});

Deno.test("LagTracker.update() counts an unassigned partition once when several consumers report it", () => {
  const reporting = (lag: number) => consumer(0, 1, { unassigned: [{ topic: "t", partition: 1, lag }] });
  const services = [reporting(100), { ...reporting(120), partitions: [] }];
  assert.equal(lagOf({ services, offsets: undefined, progress: undefined }, NOW).records, 121);
});

Deno.test("LagTracker.update() starts at the low watermark when there is no progress or the topic was recreated", () => {
  const partitions = [at(0, 100, 20), at(1, 100, 0, "b"), at(2, 100, 95)];
  const { others } = lagOf({
    services: [],
    offsets: { at: NOW, partitions },
    progress: [row(1, 90), row(2, 10)],
  }, NOW);
  assert.deepEqual(others.map(({ lag }) => lag), [80, 100, 5]);
});

Deno.test("LagTracker.update() keeps the last lag as stale when neither Kafka nor a consumer responds", () => {
  const tracker = new LagTracker();
  const sources = { services: [], offsets, progress };
  assert.equal(tracker.update(sources, NOW).staleSince, undefined);
  const later = tracker.update(sources, NOW + 60_000);
  assert.deepEqual([later.records, later.staleSince], [40, NOW]);
});

Deno.test("LagTracker.update() does not trust the lag of a consumer that reports Kafka as unavailable", () => {
  const services = [consumer(0, 3, { missing: ["kafka"] })];
  assert.equal(lagOf({ services, offsets: undefined, progress }, NOW).records, undefined);
  assert.equal(lagOf({ services, offsets, progress }, NOW).records, 40);
});

Deno.test("LagTracker.update() knows no lag when the progress was not read yet, unless consumers report all partitions", () => {
  assert.equal(lagOf({ services: [consumer(0, 3)], offsets, progress: undefined }, NOW).records, undefined);
  const services = [consumer(0, 3), consumer(1, 4)];
  assert.equal(lagOf({ services, offsets, progress: undefined }, NOW).records, 7);
});
