/**
 * What the producer tells of itself: one entry for each fact, with its log line and its metric.
 *
 * @module
 */
import { event, messageOnly } from "../shared/observe/events.ts";
import * as metrics from "./metrics.ts";

// A type and not an interface, so that it counts as a record of fields.
type At = { readonly topic: string; readonly partition: number };

const place = ({ topic, partition }: At) => `${topic}[${partition}]`;

export const EVENTS = {
  started: event<{ streams: readonly string[]; brokers: readonly string[]; rate: number; count: number }>(
    "info",
    ({ streams, brokers, rate, count }) =>
      `Producer of ${streams.join(", ")} to ${brokers.join(",")}: ${
        count > 0 ? `${count} records` : "records until stopped"
      }, ` +
      `${rate > 0 ? `${rate} a second` : "as fast as it can"}.`,
  ),
  created: event<{ what: string }>("info", ({ what }) => `Created ${what}.`),
  settings_warning: messageOnly("warn"),
  sent: event<{ topic: string; partition: number; records: number; seconds: number }>(
    "debug",
    ({ topic, partition, records, seconds }) =>
      `Sent ${records} records to ${topic}[${partition}] in ${(seconds * 1000).toFixed(1)} ms.`,
    ({ topic, records, seconds }) => {
      metrics.sent.inc({ topic }, records);
      metrics.batches.inc({ topic });
      metrics.sendSeconds.observe(seconds);
    },
  ),
  leaderless: event<At & { buffered: number }>(
    "warn",
    (at) =>
      `${place(at)} has no leader: ${at.buffered} records wait for one. Other partitions are not affected.`,
  ),
  led: event<At & { seconds: number }>(
    "info",
    (at) => `${place(at)} has a leader again, after ${at.seconds.toFixed(1)} s.`,
  ),
  withheld: event<At & { seconds: number; buffered: number }>(
    "warn",
    (at) =>
      `No more records are generated for ${place(at)}, for ${
        at.seconds.toFixed(0)
      } s now: ${at.buffered} wait for ` +
      "Kafka to take them, and partitions that are stuck may use a quarter of the buffer.",
  ),
  renewed: event<{ why: string; unknown: number }>(
    "warn",
    ({ why, unknown }) =>
      `The producer has a new identity: ${why}.` +
      (unknown > 0
        ? ` ${unknown} records whose outcome is not known are sent again; Kafka may hold them twice.`
        : ""),
    () => metrics.renewals.inc(),
  ),
  summary: event<{ sent: number; rate: number; buffered: number }>(
    "info",
    ({ sent, rate, buffered }) => `Sent ${sent} records (${Math.round(rate)}/s); ${buffered} wait for Kafka.`,
  ),
  stopped: event<{ sent: number }>("info", ({ sent }) => `Stopped. Sent ${sent} records since the start.`),
};
