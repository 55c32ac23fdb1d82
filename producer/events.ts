/**
 * Producer events. Each entry defines the log message and the metrics it updates.
 *
 * @module
 */
import { sentences } from "../shared/errors.ts";
import { type Emit, event, messageOnly } from "../shared/observe/events.ts";
import { rateText } from "../shared/observe/summaries.ts";
import { partitionKey } from "../shared/schema/progress.ts";
import * as metrics from "./metrics.ts";

// A type, since an interface is not assignable to a record of fields.
type At = { readonly topic: string; readonly partition: number };
type Partitions = { readonly topic: string; readonly partitions: readonly number[] };

const partitionList = ({ topic, partitions }: Partitions) => `${topic}[${partitions.join(",")}]`;

export const EVENTS = {
  started: event<{ streams: readonly string[]; brokers: readonly string[]; rate: number; count: number }>(
    "info",
    ({ streams, brokers, rate, count }) =>
      `Producing ${streams.join(", ")} to ${brokers.join(",")}: ` +
      `${count > 0 ? `${count} records` : "records until stopped"}, ` +
      `${rate > 0 ? `${rate} per second` : "as fast as possible"}.`,
  ),
  created: event<{ what: string }>("info", ({ what }) => `Created ${what}.`),
  settings_warning: messageOnly("warn"),
  stream_skipped: event<{ stream: string }>(
    "info",
    ({ stream }) => `No records are generated for the stream ${stream}: it is marked as consumeOnly.`,
  ),
  records_sent: event<At & { records: number; seconds: number }>(
    "debug",
    ({ records, seconds, ...at }) =>
      `Sent ${records} records to ${partitionKey(at)} in ${(seconds * 1000).toFixed(1)} ms.`,
    ({ topic, records, seconds }) => {
      metrics.sent.inc({ topic }, records);
      metrics.batches.inc({ topic });
      metrics.sendSeconds.observe(seconds);
    },
  ),
  leader_lost: event<Partitions & { buffered: number }>(
    "warn",
    (at) => `No leader for ${partitionList(at)}: ${at.buffered} records buffered.`,
  ),
  leader_elected: event<Partitions & { seconds: number }>(
    "info",
    (at) => `Leader elected for ${partitionList(at)} after ${at.seconds.toFixed(1)} s.`,
  ),
  records_withheld: event<At & { seconds: number; buffered: number }>(
    "warn",
    (at) =>
      `No records generated for ${partitionKey(at)} for ${at.seconds.toFixed(0)} s: ` +
      `it is stuck with ${at.buffered} records buffered, and stuck partitions may use a quarter of the buffer.`,
  ),
  producer_reinitialized: event<{ reason: string; resent: number }>(
    "warn",
    ({ reason, resent }) =>
      sentences({
        action: "Reinitialized the idempotent producer",
        cause: reason,
        remedy: resent > 0
          ? `${resent} records with an unknown outcome are sent again; duplicates are possible in Kafka.`
          : "",
      }),
    () => metrics.reinitializations.inc(),
  ),
  summary: event<{ sent: number; rate: number; buffered: number }>(
    "info",
    ({ sent, rate, buffered }) => `Sent ${sent} records (${rateText(rate, buffered)}), ${buffered} buffered.`,
  ),
  stopped: event<{ sent: number }>("info", ({ sent }) => `Stopped. Sent ${sent} records since the start.`),
};

export type ProducerEmit = Emit<typeof EVENTS>;
