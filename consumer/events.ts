/**
 * Consumer events. Each entry defines the log message and the metrics it updates.
 *
 * @module
 */
import { type Emit, event, messageOnly } from "../shared/observe/events.ts";
import { partitionKey } from "../shared/schema/progress.ts";
import type { RejectedRows } from "./decode/rejected_rows.ts";
import * as metrics from "./metrics.ts";
import type { RejectedByDatabase } from "./store/rejection_log.ts";

// A type, since an interface is not assignable to a record of fields.
type At = { readonly topic: string; readonly partition: number };

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
  partition_resumed: event<At & { offset: number }>(
    "debug",
    (at) => `Resuming ${partitionKey(at)} at offset ${at.offset}.`,
  ),
  records_fetched: event<At & { records: number; from: number; to: number }>(
    "debug",
    (at) => `Fetched ${at.records} records of ${partitionKey(at)}, offsets ${at.from} to ${at.to - 1}.`,
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
  records_stored: event<At & { stored: number; rejected: number; latency: number | undefined }>(
    "debug",
    (at) => `Stored ${at.stored} records of ${partitionKey(at)}.`,
    ({ topic, stored, rejected, latency }) => {
      metrics.records.inc({ topic, outcome: "stored" }, stored);
      metrics.records.inc({ topic, outcome: "rejected" }, rejected);
      if (latency !== undefined) metrics.latencySeconds.observe({ topic }, latency);
    },
  ),
  records_rejected: event<At & { records: RejectedRows }>("debug", (at) => {
    const all = Array.from(at.records, ({ offset, reason, detail }) => `@${offset}: ${reason}. ${detail}`);
    return `Rejected records of ${partitionKey(at)}: ${all.join(" ")}`;
  }),
  records_rejected_by_database: event<RejectedByDatabase>("warn", ({ count, examples, ...at }) => {
    const records = count === 1 ? "record" : "records";
    const first = examples.map(({ offset, text }) => `@${offset}: ${text}`).join("; ");
    const ending = count > examples.length ? "; …" : ".";
    return `Rejected ${count} ${records} of ${partitionKey(at)}: PostgreSQL: ${first}${ending}`;
  }),
  transaction_fenced: event<At & { expected: number; found: number | undefined }>(
    "warn",
    ({ expected, found, ...at }) =>
      `Transaction fenced for ${partitionKey(at)}: expected offset ${expected}, found ${found ?? "none"}. ` +
      (found !== undefined && found > expected
        ? `Another consumer owns the partition; resuming from ${found}.`
        : "The progress was reset, or PostgreSQL was restored or failed over to an earlier state; " +
          `resuming from ${found ?? "the first offset"}.`),
    () => metrics.transactions.inc({ outcome: "fenced" }),
  ),
  transaction_rejected: event<At & { rows: number; text: string }>(
    "debug",
    (at) =>
      `PostgreSQL rejected a transaction with ${at.rows} rows of ${partitionKey(at)}: ${at.text}. ` +
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

  records_lost: event<At & { from: number; to: number }>(
    "error",
    (at) =>
      `Lost ${at.to - at.from} offsets of ${partitionKey(at)}, ${at.from} to ${at.to - 1}: ` +
      "Kafka's retention deleted them before they were read. " +
      "Increase the topic's retention.ms or retention.bytes, or add consumers.",
    ({ topic, from, to }) => metrics.records.inc({ topic, outcome: "lost" }, to - from),
  ),
  open_transaction_detected: event<At & { stable: number; high: number; seconds: number }>(
    "warn",
    (at) =>
      `An open transaction of a producer blocks ${
        partitionKey(at)
      }: its last stable offset ${at.stable} has ` +
      `not moved for ${Math.round(at.seconds)} s, the high watermark is ${at.high}. ` +
      "Run kafka-transactions find-hanging to find transactions that will not end.",
  ),
  progress_changed: event<At & { expected: number; found: number | undefined }>(
    "warn",
    ({ expected, found, ...at }) =>
      `Progress of ${partitionKey(at)} changed from offset ${expected} to ${found ?? "none"}. ` +
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
      `Stored ${stored} records (${Math.round(rate)}/s), rejected ${rejected}, lag ${lag ?? "unknown"}` +
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
