import assert from "assert";
import type { TopicContent } from "./read_topic.ts";

/**
 * Asserts that a topic holds every record that a producer sent, each once. Valid records of routes differ in their values, and so do most
 * malformed ones.
 *
 * @param count number of sent records that the producer logged
 */
export function assertSentOnce({ records }: TopicContent, count: number): void {
  assert.equal(records.length, count, "records in the topic");
  const values = records.flatMap(({ value }) =>
    value?.match(/^\{"userID":\d+,"timestamp":\d+\.\d+,"coordinates":\[-?\d.*$/)?.[0] ?? []
  );
  assert(values.length > 0.9 * count);
  assert.equal(new Set(values).size, values.length, "a record was sent twice");
}
