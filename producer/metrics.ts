/**
 * The producer's metrics. Names follow Prometheus' conventions. The help text names the corresponding OpenTelemetry metric, if any.
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
  help: "Records generated",
  labelNames: ["topic"],
  registers,
});

export const withheld = new Counter({
  name: "producer_records_withheld_total",
  help:
    "Records not generated because their partition is stuck and stuck partitions use their share of the buffer",
  labelNames: ["topic", "partition"],
  registers,
});

export const sent = new Counter({
  name: "producer_records_sent_total",
  help: "Records acknowledged by all in-sync replicas (OpenTelemetry: messaging.client.sent.messages)",
  labelNames: ["topic"],
  registers,
});

export const batches = new Counter({
  name: "producer_batches_total",
  help: "Batches acknowledged by all in-sync replicas",
  labelNames: ["topic"],
  registers,
});

export const sendSeconds = new Histogram({
  name: "producer_send_duration_seconds",
  help:
    "Time from sending a batch to its acknowledgement (OpenTelemetry: messaging.client.operation.duration)",
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
  registers,
});

export const buffered = new Gauge({
  name: "producer_buffer_records",
  help: "Records generated and not acknowledged",
  registers,
});

export const reinitializations = new Counter({
  name: "producer_reinitializations_total",
  help:
    "New producer ids requested because Kafka had lost the producer's state or sequence numbers were exhausted",
  registers,
});
