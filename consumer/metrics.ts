/**
 * The consumer's metrics. Names follow Prometheus' conventions. The help texts name the equivalents in OpenTelemetry's messaging
 * conventions.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { registerProcessMetrics } from "../shared/observe/process.ts";

export const registry = new Registry();
const registers = [registry];
registerProcessMetrics(registry);

const LATENCY_BUCKETS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export const records = new Counter({
  name: "consumer_records_total",
  help:
    "Records by outcome: stored in the stream's table, rejected (stored in rejected_records), or lost (deleted by retention before " +
    "they were read). Stored plus rejected is OpenTelemetry's messaging.client.consumed.messages",
  labelNames: ["topic", "outcome"],
  registers,
});

export const keyConflicts = new Counter({
  name: "consumer_key_conflicts_total",
  help:
    "Records of upsert streams whose key also has a record in another partition: the latest one of a key is undefined. Key records by " +
    "the table's key columns",
  labelNames: ["topic"],
  registers,
});

export const rejected = new Counter({
  name: "consumer_rejected_records_total",
  help: "Records stored in rejected_records, by reason",
  labelNames: ["topic", "reason"],
  registers,
});

export const transactions = new Counter({
  name: "consumer_transactions_total",
  help:
    "Transactions by outcome: committed, fenced (another consumer moved the progress), rejected (by a constraint), timed_out",
  labelNames: ["outcome"],
  registers,
});
for (const outcome of ["committed", "fenced", "rejected", "timed_out"]) transactions.inc({ outcome }, 0);

export const transactionSeconds = new Histogram({
  name: "consumer_transaction_duration_seconds",
  help:
    "Time from the first byte of a committed transaction to its acknowledgment (OpenTelemetry: messaging.process.duration)",
  buckets: LATENCY_BUCKETS,
  registers,
});

export const transactionRecords = new Histogram({
  name: "consumer_transaction_records",
  help: "Records in a committed transaction",
  buckets: [1, 10, 100, 1_000, 10_000, 100_000],
  registers,
});

export const latencySeconds = new Histogram({
  name: "consumer_end_to_end_latency_seconds",
  help:
    "Time from a record's timestamp in Kafka to its commit in PostgreSQL, for the oldest record of each partition in each transaction",
  labelNames: ["topic"],
  buckets: LATENCY_BUCKETS,
  registers,
});

export const batches = new Counter({
  name: "consumer_batches_total",
  help: "Fetch responses that were decoded, counted for each partition",
  labelNames: ["topic"],
  registers,
});

export const lag = new Gauge({
  name: "consumer_lag_records",
  help: "Offsets between the committed progress and the high watermark of the partition",
  labelNames: ["topic", "partition"],
  registers,
});

export const unassignedLag = new Gauge({
  name: "consumer_unassigned_lag_records",
  help:
    "Lag of partitions of subscribed topics that no group member consumes. Every subscriber reports it: aggregate with max, not sum",
  labelNames: ["topic", "partition"],
  registers,
});

export const openTransactionSeconds = new Gauge({
  name: "consumer_open_transaction_seconds",
  help:
    "Time since the last stable offset of a partition moved, while an open producer transaction keeps it below the high watermark",
  labelNames: ["topic", "partition"],
  registers,
});

export const assigned = new Gauge({
  name: "consumer_assigned_partitions",
  help: "Partitions assigned to this consumer",
  labelNames: ["topic"],
  registers,
});

export const rebalances = new Counter({
  name: "consumer_rebalances_total",
  help: "Rebalances in which this consumer received an assignment",
  registers,
});

export const bufferBytes = new Gauge({
  name: "consumer_buffer_bytes",
  help: "Bytes of decoded records that wait to be stored",
  registers,
});
