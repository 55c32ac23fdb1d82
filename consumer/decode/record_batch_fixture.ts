/**
 * Record batches for tests.
 *
 * @module
 */
import type { RecordBatch } from "../../shared/kafka/records/record_batch.ts";
import { RecordWriter } from "../../shared/kafka/records/record_writer.ts";

/** A valid value of the stream `routes`. */
export const validRoute = (userID: number): string =>
  `{"userID":${userID},"timestamp":1.5,"coordinates":[48.25,2.5]}`;

/** A batch with one record per value, from `baseOffset` on. */
export function recordBatch(
  baseOffset: number,
  values: readonly (string | null)[],
  more: Partial<RecordBatch> = {},
): RecordBatch {
  const writer = new RecordWriter();
  values.forEach((value, n) => writer.add(1_000 + n, `key ${baseOffset + n}`, value));
  return {
    baseOffset,
    lastOffset: baseOffset + values.length - 1,
    firstTimestamp: 1_000,
    maxTimestamp: 1_000 + values.length - 1,
    isLogAppendTime: false,
    producerId: -1n,
    isTransactional: false,
    isControl: false,
    count: values.length,
    bytes: writer.bytes,
    ...more,
  };
}
