/**
 * The producer's metrics. Names follow Prometheus' conventions; what OpenTelemetry's messaging conventions name is noted in the help.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { registerProcessMetrics } from "../shared/observe/process.ts";

export const registry = new Registry();
const registers = [registry];
registerProcessMetrics(registry);

export const generated = new Counter({
  name: "producer_records_generated_total",
  help: "Records made",
  labelNames: ["topic"],
  registers,
});

export const withheld = new Counter({
  name: "producer_records_withheld_total",
  help:
    "Records that were not generated because their partition does not take any (no leader), and its records fill their share of the buffer",
  labelNames: ["topic", "partition"],
  registers,
});

export const sent = new Counter({
  name: "producer_records_sent_total",
  help: "Records that all in-sync replicas acknowledged (OpenTelemetry: messaging.client.sent.messages)",
  labelNames: ["topic"],
  registers,
});

export const batches = new Counter({
  name: "producer_batches_total",
  help: "Batches of one partition that were acknowledged",
  labelNames: ["topic"],
  registers,
});

export const sendSeconds = new Histogram({
  name: "producer_send_duration_seconds",
  help:
    "Time of a batch from its sending to its acknowledgement, retries included (OpenTelemetry: messaging.client.operation.duration)",
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  registers,
});

export const buffered = new Gauge({
  name: "producer_buffer_records",
  help: "Records made and not acknowledged yet",
  registers,
});

export const renewals = new Counter({
  name: "producer_renewals_total",
  help:
    "Times that the idempotent producer got a new identity, because Kafka had forgotten the old one or it was used up",
  registers,
});
