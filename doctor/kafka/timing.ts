/**
 * Checks of Kafka's clock and round-trip time.
 *
 * @module
 */
import { failed, ok, type Outcome, skipped } from "../check.ts";
import type { Context } from "../context.ts";
import { API_VERSIONS_REQUEST } from "./broker_connection.ts";
import { checkRoundTrip, CLOCK_DIFFERENCE_MAX_MS, measureRoundTripMs } from "../timing.ts";

/** Measures the round-trip time of a request. */
export async function checkKafkaRoundTrip(context: Context): Promise<Outcome> {
  const wire = context.get("connection");
  return checkRoundTrip(await measureRoundTripMs(() => wire.request(API_VERSIONS_REQUEST)), "the brokers");
}

/**
 * Checks for records with timestamps in the future. Kafka's protocol does not expose the broker's clock. A record with a later timestamp than
 * this machine's time was stamped by a clock that is ahead of it: a producer's, or the broker's with LogAppendTime.
 */
export async function checkKafkaClock(context: Context): Promise<Outcome> {
  const watermarks = context.get("watermarks");
  const admin = context.get("admin");
  const from = context.now() + CLOCK_DIFFERENCE_MAX_MS;
  let records = 0;
  const future: string[] = [];
  for (const [topic, partitions] of watermarks) {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, from);
    for (const { partition, offset } of found) {
      const { low, high } = partitions.get(partition) ?? { low: 0, high: 0 };
      records += high - low;
      // -1 or the high watermark if there is no such record.
      if (Number(offset) >= 0 && Number(offset) < high) {
        future.push(`${topic}[${partition}] from offset ${offset}`);
      }
    }
  }
  if (records === 0) {
    return skipped("not checked: there are no records yet, and brokers do not report their time");
  }
  if (future.length === 0) return ok("no record has a timestamp in the future");
  return failed(
    `records have timestamps in the future: ${future.slice(0, 3).join(", ")}${future.length > 3 ? " …" : ""}`,
    "The clock of this machine is behind, or that of a producer or broker is ahead: set it (timedatectl, chronyc tracking).",
  );
}
