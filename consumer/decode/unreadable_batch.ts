/**
 * The error of a record batch that cannot be read.
 *
 * @module
 */
import { PermanentError } from "../../shared/errors.ts";
import type { CorruptBatchError } from "../../shared/kafka/records/corrupt_batch.ts";
import { setOffsetSql, type TopicPartition } from "../../shared/schema/progress.ts";

/**
 * Creates the error with the reason and the remedies: another replica, or the statement that skips the batch.
 *
 * @param nextOffset the offset from which the partition was fetched
 */
export function unreadableBatch(
  { topic, partition }: TopicPartition,
  group: string,
  nextOffset: number,
  error: CorruptBatchError,
): PermanentError {
  // The header itself may be corrupt.
  const skipTo = Math.max(error.lastOffset, nextOffset) + 1;
  return new PermanentError(
    {
      action: `Cannot read ${topic}[${partition}] at offset ${nextOffset}`,
      code: error.isTooLarge ? "KAFKA_BATCH_TOO_LARGE" : "KAFKA_BATCH_UNREADABLE",
      cause: error.message,
      remedy:
        (error.isTooLarge
          ? "Increase CONSUMER_DECOMPRESSED_BATCH_MAX_BYTES and the container's memory, or skip the batch"
          : "Inspect the segment with kafka-dump-log --deep-iteration and restore it from another replica, or skip the batch") +
        `: stop the group's consumers and run ${setOffsetSql(group, { topic, partition }, skipTo)};`,
    },
    { cause: error },
  );
}
