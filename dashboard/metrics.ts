/**
 * Metrics of the dashboard.
 *
 * @module
 */
import { Gauge, Histogram, Registry } from "prom-client";
import { registerProcessMetrics } from "../shared/observe/process.ts";

export const registry = new Registry();
const registers = [registry];
registerProcessMetrics(registry);

export const viewers = new Gauge({ name: "dashboard_viewers", help: "Open pages", registers });

export const pollDuration = new Histogram({
  name: "dashboard_poll_duration_seconds",
  help: "Duration of a poll of the database, of the services or of Kafka",
  labelNames: ["source"],
  buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
  registers,
});
