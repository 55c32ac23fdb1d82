/**
 * Kafka's clock, as far as it can be seen, and the way to it.
 *
 * @module
 */
import { failed, ok, type Outcome, skipped } from "../check.ts";
import type { Context } from "../context.ts";
import { API_VERSIONS } from "./wire.ts";
import { checkRoundTrip, CLOCK_LIMIT_MS, roundTripMs } from "../timing.ts";

/** How long a request and its answer take. */
export async function checkKafkaRoundTrip(context: Context): Promise<Outcome> {
  const wire = context.get("wire");
  return checkRoundTrip(await roundTripMs(() => wire.request(API_VERSIONS)), "the brokers");
}

/**
 * Whether records come from the future. Brokers don't tell their time, but they find records by timestamp: one that is later than
 * this machine's time was stamped by a clock (a producer's, or with LogAppendTime the broker's) that is ahead of it.
 */
export async function checkKafkaClock(context: Context): Promise<Outcome> {
  const watermarks = context.get("watermarks");
  const admin = context.get("admin");
  const from = context.now() + CLOCK_LIMIT_MS;
  let records = 0;
  const late: string[] = [];
  for (const [topic, partitions] of watermarks) {
    const found = await admin.fetchTopicOffsetsByTimestamp(topic, from);
    for (const { partition, offset } of found) {
      const { low, high } = partitions.get(partition) ?? { low: 0, high: 0 };
      records += high - low;
      // The end, or -1, where no record is that late.
      if (Number(offset) >= 0 && Number(offset) < high) {
        late.push(`${topic}[${partition}] from offset ${offset}`);
      }
    }
  }
  if (records === 0) {
    return skipped("can't be seen: brokers don't tell their time, and there are no records yet");
  }
  if (late.length === 0) return ok("no record was stamped later than now; more than that brokers don't tell");
  return failed(
    `there are records stamped later than now: ${late.slice(0, 3).join(", ")}${late.length > 3 ? " …" : ""}`,
    "This machine's clock is behind, or that of a producer or a broker is ahead: set it (timedatectl, chronyc tracking).",
  );
}
