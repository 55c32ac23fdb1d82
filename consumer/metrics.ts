/**
 * The consumer's metrics. Names follow Prometheus' conventions; what OpenTelemetry's messaging conventions name is noted in the help.
 *
 * @module
 */
import { Counter, Gauge, Histogram, Registry } from "prom-client";
import { registerProcessMetrics } from "../shared/observe/process.ts";

export const registry = new Registry();
const registers = [registry];
registerProcessMetrics(registry);

const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export const records = new Counter({
  name: "consumer_records_total",
  help:
    "Records by outcome: stored in the table, rejected into quarantine, or lost (expired before they were read). " +
    "Stored and rejected together are OpenTelemetry's messaging.client.consumed.messages",
  labelNames: ["topic", "outcome"],
  registers,
});

export const transactions = new Counter({
  name: "consumer_transactions_total",
  help:
    "Transactions by outcome: committed, fenced (another consumer had moved on), refused (for a record), failed",
  labelNames: ["outcome"],
  registers,
});
for (const outcome of ["committed", "fenced", "refused", "failed"]) transactions.inc({ outcome }, 0);

export const transactionSeconds = new Histogram({
  name: "consumer_transaction_duration_seconds",
  help:
    "Time of a committed transaction, from its first byte to its acknowledgement (OpenTelemetry: messaging.process.duration)",
  buckets: LATENCIES,
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
    "From the timestamp that the producer gave a record in Kafka to its committed row: the oldest record of each partition in " +
    "each transaction, so that no record was slower",
  labelNames: ["topic"],
  buckets: LATENCIES,
  registers,
});

export const batches = new Counter({
  name: "consumer_batches_total",
  help: "Batches of one partition that were fetched and decoded",
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
    "Lag of partitions of subscribed topics that no member of the group consumes. Every subscriber reports it: aggregate by max, not by sum",
  labelNames: ["topic", "partition"],
  registers,
});

export const openTransactionSeconds = new Gauge({
  name: "consumer_open_transaction_seconds",
  help:
    "Seconds since the last stable offset of a partition moved, while an open transaction of a producer keeps it below the high watermark",
  labelNames: ["topic", "partition"],
  registers,
});

export const assigned = new Gauge({
  name: "consumer_assigned_partitions",
  help: "Partitions that the group has given to this consumer",
  labelNames: ["topic"],
  registers,
});

export const rebalances = new Counter({
  name: "consumer_rebalances_total",
  help: "Times that the group shared out its partitions anew",
  registers,
});

export const bufferBytes = new Gauge({
  name: "consumer_buffer_bytes",
  help: "Bytes of rows and rejected records that wait for PostgreSQL",
  registers,
});
