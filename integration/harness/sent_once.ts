import assert from "assert";
import type { TopicContent } from "./read_topic.ts";

/**
 * Asserts that a topic holds what its producer says that it has sent, and each record of it once. No two that a producer generates are
 * the same: their timestamps come from a clock of microseconds, and so do they in most of those that it malforms.
 *
 * @param count What the producer says.
 */
export function assertSentOnce({ records }: TopicContent, count: number): void {
  assert.equal(records.length, count, "records in the topic");
  const values = records.flatMap(({ value }) =>
    value?.match(/^\{"userID":\d+,"timestamp":\d+\.\d+,/)?.[0] ?? []
  );
  assert(values.length > 0.9 * count);
  assert.equal(new Set(values).size, values.length, "a record was sent twice");
}
