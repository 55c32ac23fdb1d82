/**
 * Consumer events. Each entry defines the log message and the metrics it updates.
 *
 * @module
 */
import { type Emit, event, messageOnly } from "../shared/observe/events.ts";
import { rateText } from "../shared/observe/summaries.ts";
import { partitionKey } from "../shared/schema/progress.ts";
import type { RejectedRows } from "./decode/rejected_rows.ts";
import * as metrics from "./metrics.ts";
import type { KeyConflict } from "./store/key_conflicts.ts";
import type { RejectedByDatabase } from "./store/rejection_log.ts";

// A type, since an interface is not assignable to a record of fields.
type Partition = { readonly topic: string; readonly partition: number };

export const EVENTS = {
  started: event<{ group: string; streams: readonly string[]; brokers: readonly string[]; database: string }>(
    "info",
    ({ group, streams, brokers, database }) =>
      `Consuming ${streams.join(", ")} in group ${group} from ${brokers.join(",")} into ${database}.`,
  ),
  created: event<{ what: string }>("info", ({ what }) => `Created ${what}.`),
  plaintext: messageOnly("warn"),
  settings_warning: messageOnly("warn"),
  table_warning: messageOnly("warn"),

  columns_changed: event<{ tables: readonly string[] }>(
    "warn",
    ({ tables }) => `The column types of ${tables.join(", ")} changed; decoding the queued records again.`,
  ),

  partitions_assigned: event<{ partitions: Readonly<Record<string, readonly number[]>>; member: string }>(
    "info",
    ({ partitions }) => {
      const parts = Object.entries(partitions).map(([topic, list]) => `${topic}[${list.join(",")}]`);
      return parts.length > 0
        ? `Assigned partitions ${parts.join(" ")}.`
        : "No partitions assigned (more consumers than partitions).";
    },
    ({ partitions }) => {
      metrics.rebalances.inc();
      metrics.assigned.reset();
      metrics.lag.reset();
      metrics.openTransactionSeconds.reset();
      for (const [topic, list] of Object.entries(partitions)) metrics.assigned.set({ topic }, list.length);
    },
  ),
  partitions_revoked: event<{ reason: string }>("debug", ({ reason }) => `Partitions revoked: ${reason}.`),
  partition_resumed: event<Partition & { offset: number }>(
    "debug",
    (fields) => `Resuming ${partitionKey(fields)} at offset ${fields.offset}.`,
  ),
  records_fetched: event<Partition & { records: number; from: number; to: number }>(
    "debug",
    (fields) =>
      `Fetched ${fields.records} records of ${partitionKey(fields)}, offsets ${fields.from} to ${
        fields.to - 1
      }.`,
    ({ topic }) => metrics.batches.inc({ topic }),
  ),

  transaction_committed: event<{ stored: number; rejected: number; seconds: number }>(
    "debug",
    ({ stored, rejected, seconds }) =>
      `Committed ${stored} stored and ${rejected} rejected records in ${(seconds * 1000).toFixed(1)} ms.`,
    ({ stored, rejected, seconds }) => {
      metrics.transactions.inc({ outcome: "committed" });
      metrics.transactionSeconds.observe(seconds);
      metrics.transactionRecords.observe(stored + rejected);
    },
  ),
  records_stored: event<Partition & { stored: number; rejected: number; latency: number | undefined }>(
    "debug",
    (fields) => `Stored ${fields.stored} records of ${partitionKey(fields)}.`,
    ({ topic, stored, rejected, latency }) => {
      metrics.records.inc({ topic, outcome: "stored" }, stored);
      metrics.records.inc({ topic, outcome: "rejected" }, rejected);
      if (latency !== undefined) metrics.latencySeconds.observe({ topic }, latency);
    },
  ),
  records_rejected: event<Partition & { records: RejectedRows }>("debug", (fields) => {
    const all = Array.from(
      fields.records,
      ({ offset, reason, detail }) => `@${offset}: ${reason}. ${detail}`,
    );
    return `Rejected records of ${partitionKey(fields)}: ${all.join(" ")}`;
  }, ({ topic, records }) => {
    for (const [reason, count] of records.countByReason()) metrics.rejected.inc({ topic, reason }, count);
  }),
  records_rejected_by_database: event<RejectedByDatabase>("warn", ({ count, examples, ...partition }) => {
    const records = count === 1 ? "record" : "records";
    const first = examples.map(({ offset, text }) => `@${offset}: ${text}`).join("; ");
    const ending = count > examples.length ? "; …" : ".";
    return `Rejected ${count} ${records} of ${partitionKey(partition)}: PostgreSQL: ${first}${ending}`;
  }),
  key_conflicts_found: event<KeyConflict>(
    "warn",
    ({ topic, count }) =>
      `Found keys of ${topic} in several partitions, ${count} times: which of their records is the latest is undefined; ` +
      "the one with the highest offset is stored. Use the table's key columns as the key of the Kafka records.",
    ({ topic, count }) => metrics.keyConflicts.inc({ topic }, count),
  ),
  transaction_fenced: event<Partition & { expected: number; found: number | undefined }>(
    "warn",
    ({ expected, found, ...partition }) =>
      `Transaction fenced for ${partitionKey(partition)}: ` +
      `expected offset ${expected}, found ${found ?? "none"}. ` +
      (found !== undefined && found > expected
        ? `Another consumer owns the partition; resuming from ${found}.`
        : "The progress was reset, or PostgreSQL was restored or failed over to an earlier state; " +
          `resuming from ${found ?? "the first offset"}.`),
    () => metrics.transactions.inc({ outcome: "fenced" }),
  ),
  transaction_rejected: event<Partition & { rows: number; text: string }>(
    "debug",
    ({ rows, text, ...partition }) =>
      `PostgreSQL rejected a transaction with ${rows} rows of ${partitionKey(partition)}: ${text}. ` +
      "Bisecting to find the rejected rows.",
    () => metrics.transactions.inc({ outcome: "rejected" }),
  ),
  transaction_timed_out: event<{ text: string; class: string }>(
    "debug",
    ({ text }) => `Transaction timed out and is split: ${text}.`,
    () => metrics.transactions.inc({ outcome: "timed_out" }),
  ),
  stalled_transactions_terminated: event<{ count: number }>(
    "warn",
    ({ count }) => `Terminated ${count} stalled transactions of other consumers in this group.`,
  ),

  records_lost: event<Partition & { from: number; to: number }>(
    "error",
    ({ from, to, ...partition }) =>
      `Lost ${to - from} offsets of ${partitionKey(partition)}, ${from} to ${to - 1}: ` +
      "Kafka's retention deleted them before they were read. " +
      "Increase the topic's retention.ms or retention.bytes, or add consumers.",
    ({ topic, from, to }) => metrics.records.inc({ topic, outcome: "lost" }, to - from),
  ),
  open_transaction_detected: event<Partition & { stable: number; high: number; seconds: number }>(
    "warn",
    ({ stable, high, seconds, ...partition }) =>
      `An open transaction of a producer blocks ${
        partitionKey(partition)
      }: its last stable offset ${stable} ` +
      `has not moved for ${Math.round(seconds)} s, the high watermark is ${high}. ` +
      "Run kafka-transactions find-hanging to find transactions that will not end.",
  ),
  progress_changed: event<Partition & { expected: number; found: number | undefined }>(
    "warn",
    ({ expected, found, ...partition }) =>
      `Progress of ${partitionKey(partition)} changed from offset ${expected} to ${found ?? "none"}. ` +
      (found !== undefined && found > expected
        ? "Another consumer moved it; resuming from there."
        : "PostgreSQL may have failed over to an earlier state; storing the records from there again."),
  ),
  partitions_unassigned: event<{ partitions: string; lag: number }>(
    "warn",
    ({ partitions, lag }) =>
      `No member of the group consumes ${partitions} (lag ${lag}). The group's leader assigned them to a member that does not ` +
      "subscribe to their topic, as older versions do. Upgrade all consumers, or use one group for each subscription until then.",
  ),
  offset_commit_failed: messageOnly("debug"),

  summary: event<
    { stored: number; rejected: number; rate: number; lag: number | undefined; unassigned?: number }
  >(
    "info",
    ({ stored, rejected, rate, lag, unassigned }) =>
      `Stored ${stored} records (${rateText(rate, lag)}), rejected ${rejected}, lag ${lag ?? "unknown"}` +
      `${unassigned === undefined ? "" : `, unassigned lag ${unassigned}`}.`,
  ),
  caught_up: event<Record<never, never>>("info", () => "Caught up with the offsets at start."),
  shutdown_timed_out: event<{ bytes: number }>(
    "warn",
    ({ bytes }) => `Shutdown timeout: ${bytes} bytes not stored. They will be re-read; no data is lost.`,
  ),
  stopped: event<{ stored: number; rejected: number }>(
    "info",
    ({ stored, rejected }) => `Stopped. Stored ${stored} and rejected ${rejected} records since the start.`,
  ),
};

/** Emits an event of the consumer. */
export type ConsumerEmit = Emit<typeof EVENTS>;
