import assert from "assert";
import type { MetricSample } from "../shared/observe/parse_metrics.ts";
import { Readings } from "./readings.ts";

const producer = (sent: number): MetricSample[] => [
  { name: "producer_records_sent_total", labels: { topic: "routes" }, value: sent },
];

const consumer = (stored: number, rejected: number, lag: number): MetricSample[] => [
  { name: "consumer_records_total", labels: { topic: "routes", outcome: "stored" }, value: stored },
  { name: "consumer_records_total", labels: { topic: "routes", outcome: "rejected" }, value: rejected },
  { name: "consumer_lag_records", labels: { topic: "routes", partition: "0" }, value: lag },
  { name: "consumer_lag_records", labels: { topic: "routes", partition: "1" }, value: lag },
];

Deno.test("Readings.last is zero before the first reading", () => {
  assert.deepEqual(new Readings().last.totals, { produced: 0, stored: 0, rejected: 0, lost: 0 });
});

Deno.test("Readings.add() sums up topics and partitions", () => {
  const readings = new Readings();
  readings.add(0, producer(10), consumer(7, 1, 1));
  assert.deepEqual(readings.last, {
    at: 0,
    totals: { produced: 10, stored: 7, rejected: 1, lost: 0 },
    lag: 2,
  });
});

Deno.test("Readings.add() keeps the totals of a service when it does not respond", () => {
  const readings = new Readings();
  readings.add(0, producer(10), consumer(7, 1, 1));
  readings.add(1_000, undefined, consumer(9, 1, 0));
  readings.add(2_000, undefined, undefined);
  assert.deepEqual(readings.last.totals, { produced: 10, stored: 9, rejected: 1, lost: 0 });
});

Deno.test("Readings.rate() covers only the last seconds", () => {
  const readings = new Readings();
  assert.equal(readings.rate("stored"), 0);
  readings.add(0, producer(0), consumer(0, 0, 0));
  assert.equal(readings.rate("stored"), 0);
  readings.add(2_000, producer(0), consumer(200, 0, 0));
  assert.equal(readings.rate("stored"), 100);
  for (let at = 3_000; at <= 20_000; at += 1_000) readings.add(at, producer(0), consumer(200, 0, 0));
  assert.equal(readings.rate("stored"), 0);
});

Deno.test("Readings.correct() replaces the produced total and the lag", () => {
  const readings = new Readings();
  readings.add(0, producer(10), consumer(7, 1, 1));
  readings.correct(500, 12, 4);
  assert.deepEqual(readings.last.totals, { produced: 12, stored: 7, rejected: 1, lost: 0 });
  assert.equal(readings.last.lag, 4);
});
