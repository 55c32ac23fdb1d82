/**
 * What the consumer tells of itself: one entry for each fact, with its log line and its metric.
 *
 * @module
 */
import { type Emit, event, messageOnly } from "../shared/observe/events.ts";
import * as metrics from "./metrics.ts";
import type { RejectedRows } from "./decode/rejected_rows.ts";
import type { RejectedByDatabase } from "./store/rejection_log.ts";

// A type and not an interface, so that it counts as a record of fields.
type At = { readonly topic: string; readonly partition: number };

const place = ({ topic, partition }: At) => `${topic}[${partition}]`;

export const EVENTS = {
  started: event<{ group: string; streams: readonly string[]; brokers: readonly string[]; database: string }>(
    "info",
    ({ group, streams, brokers, database }) =>
      `Consumer of ${streams.join(", ")} in group ${group}, from ${brokers.join(",")} into ${database}.`,
  ),
  created: event<{ what: string }>("info", ({ what }) => `Created ${what}.`),
  plaintext: messageOnly("warn"),
  settings_warning: messageOnly("warn"),
  table_warning: messageOnly("warn"),

  assigned: event<{ partitions: Readonly<Record<string, readonly number[]>>; member: string }>(
    "info",
    ({ partitions }) => {
      const parts = Object.entries(partitions).map(([topic, list]) => `${topic}[${list.join(",")}]`);
      return `The group gave this consumer ${
        parts.join(" ") || "no partition: there are more consumers than partitions of its topics"
      }.`;
    },
    ({ partitions }) => {
      metrics.rebalances.inc();
      metrics.assigned.reset();
      metrics.lag.reset();
      metrics.openTransactionSeconds.reset();
      for (const [topic, list] of Object.entries(partitions)) metrics.assigned.set({ topic }, list.length);
    },
  ),
  revoked: event<{ reason: string }>(
    "debug",
    ({ reason }) => `Stopped fetching: ${reason}.`,
  ),
  resumed: event<At & { offset: number }>("debug", (at) => `Going on at ${place(at)}, offset ${at.offset}.`),
  fetched: event<At & { records: number; from: number; to: number }>(
    "debug",
    (at) => `Decoded ${at.records} records of ${place(at)}, offsets ${at.from} to ${at.to - 1}.`,
    ({ topic }) => metrics.batches.inc({ topic }),
  ),
  committed: event<{ stored: number; rejected: number; seconds: number }>(
    "debug",
    ({ stored, rejected, seconds }) =>
      `Committed ${stored} rows, ${rejected} rejected, in ${(seconds * 1000).toFixed(1)} ms.`,
    ({ stored, rejected, seconds }) => {
      metrics.transactions.inc({ outcome: "committed" });
      metrics.transactionSeconds.observe(seconds);
      metrics.transactionRecords.observe(stored + rejected);
    },
  ),
  stored: event<At & { stored: number; rejected: number; latency: number | undefined }>(
    "debug",
    (at) => `Stored ${at.stored} rows of ${place(at)}.`,
    ({ topic, stored, rejected, latency }) => {
      metrics.records.inc({ topic, outcome: "stored" }, stored);
      metrics.records.inc({ topic, outcome: "rejected" }, rejected);
      if (latency !== undefined) metrics.latencySeconds.observe({ topic }, latency);
    },
  ),
  rejected: event<At & { records: RejectedRows }>(
    "debug",
    (at) => {
      const all = Array.from(at.records, ({ offset, reason, detail }) => `@${offset}: ${reason}. ${detail}`);
      return `Rejected of ${place(at)}: ${all.join(" ")}`;
    },
  ),
  fenced: event<At & { expected: number; found: number | undefined }>(
    "warn",
    (at) =>
      `Wrote nothing of ${place(at)}: progress was expected at offset ${at.expected} and is at ${
        at.found ?? "none"
      }. ` + ((at.found ?? -1) > at.expected
        ? "Another consumer has moved on; going on from there."
        : "It was reset, or PostgreSQL was restored or failed over to an earlier state; going on from there."),
    () => metrics.transactions.inc({ outcome: "fenced" }),
  ),
  refused: event<At & { rows: number; text: string }>(
    "debug",
    (at) =>
      `PostgreSQL refused ${at.rows} rows of ${
        place(at)
      }: ${at.text}. Looking for the records that it means.`,
    () => metrics.transactions.inc({ outcome: "refused" }),
  ),
  rejected_by_database: event<RejectedByDatabase>(
    "warn",
    ({ count, examples, ...at }) => {
      const first = examples.map(({ offset, text }) => `@${offset}: ${text}`).join("; ");
      return `PostgreSQL rejected ${count} record${count === 1 ? "" : "s"} of ${
        place(at)
      }, now in rejected_records: ${first}${count > examples.length ? "; …" : "."}`;
    },
  ),
  transaction_failed: event<{ text: string; class: string }>(
    "debug",
    ({ text }) => `A transaction failed and will be tried again: ${text}.`,
    () => metrics.transactions.inc({ outcome: "failed" }),
  ),
  frozen: event<{ count: number }>(
    "warn",
    ({ count }) =>
      `Ended ${count} transactions of consumers of this group that were frozen in the middle of one and held up the others.`,
  ),
  lost: event<At & { from: number; to: number }>(
    "error",
    (at) =>
      `Lost ${at.to - at.from} offsets of ${place(at)}, ${at.from} to ${
        at.to - 1
      }: they expired in Kafka before they were read. ` +
      "Keep records longer (retention.ms, retention.bytes) or add consumers.",
    ({ topic, from, to }) => metrics.records.inc({ topic, outcome: "lost" }, to - from),
  ),
  open_transaction: event<At & { stable: number; high: number; seconds: number }>(
    "warn",
    (at) =>
      `Waiting for an open transaction of a producer in ${
        place(at)
      }: the last stable offset ${at.stable} has not moved for ${
        Math.round(at.seconds)
      } s, and the high watermark is ${at.high}. ` +
      "kafka-transactions find-hanging names transactions that will not end.",
  ),
  progress_changed: event<At & { expected: number; found: number | undefined }>(
    "warn",
    (at) =>
      at.found !== undefined && at.found > at.expected
        ? `Another consumer moved the progress of ${place(at)} from offset ${at.expected} to ${at.found}. ` +
          "The consumer goes on from there."
        : `Progress of ${place(at)} in PostgreSQL went back from offset ${at.expected} to ${
          at.found ?? "none"
        }, as after a failover to an older state. The consumer stores the records from there again.`,
  ),
  unassigned: event<{ partitions: string; lag: number }>(
    "warn",
    ({ partitions, lag }) =>
      `No member of the group consumes ${partitions} (lag ${lag}). The group's leader assigned them to a consumer that does not subscribe ` +
      "to the topic, as versions before this one do: give consumers with different subscriptions groups of their own until all are upgraded.",
  ),
  offset_commit_failed: messageOnly("debug"),
  summary: event<
    { stored: number; rejected: number; rate: number; lag: number | undefined; unassigned?: number }
  >(
    "info",
    ({ stored, rejected, rate, lag, unassigned }) =>
      `Stored ${stored} records (${Math.round(rate)}/s), rejected ${rejected}; ${
        lag === undefined ? "how far behind is not known yet" : `${lag} behind`
      }${unassigned === undefined ? "" : `, ${unassigned} in partitions without a consumer`}.`,
  ),
  caught_up: event<Record<never, never>>("info", () => "Stored all that was there at the start."),
  undrained: event<{ bytes: number }>(
    "warn",
    ({ bytes }) =>
      `Stopped with ${bytes} bytes not stored; they are read again at the next start, and nothing is lost.`,
  ),
  stopped: event<{ stored: number; rejected: number }>(
    "info",
    ({ stored, rejected }) => `Stopped. Stored ${stored} records and rejected ${rejected} since the start.`,
  ),
};

/** Emits an event of the consumer. */
export type ConsumerEmit = Emit<typeof EVENTS>;
