/**
 * What the producer tells of itself: one entry for each fact, with its log line and its metric.
 *
 * @module
 */
import { event, sentence } from "../shared/observe/events.ts";
import * as metrics from "./metrics.ts";

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
  settings_warning: sentence("warn"),
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
