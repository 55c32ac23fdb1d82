/**
 * Decides where the consumer starts in a partition: progress × watermarks × topic id → seek, skip or fail.
 *
 * @module
 */
import { PermanentError } from "./errors.ts";
import { topicIdToUuid, uuidToTopicId } from "./kafka/topic_id.ts";
import { restartRemedy, setOffsetSql, setTopicIdSql, type TopicPartition } from "./schema/progress.ts";

/** State of a partition when it is assigned. */
export interface PartitionFacts extends TopicPartition {
  readonly group: string;
  /** `next_offset` in `consumer_progress`. */
  readonly nextOffset: number;
  /** `topic_id` of the partition in `consumer_progress`, null if unknown; `undefined` if the table has no such column. */
  readonly storedId: string | null | undefined;
  /** The distinct `topic_id`s of the group's other partitions of this topic, which may be older than this one. */
  readonly otherIds: readonly string[];
  /** The current topic id, as Kafka prints it; `undefined` with brokers before 2.8. */
  readonly currentId: string | undefined;
  /** The low and the high watermark. */
  readonly watermarks: { readonly low: number; readonly high: number };
}

/** Where to start. */
export type Decision =
  /** Fetch from `offset`. */
  | { readonly kind: "seek"; readonly offset: number; readonly adopt: boolean }
  /** Retention deleted the offsets `from` (inclusive) to `to` (exclusive): count them as lost, fetch from `to`. */
  | { readonly kind: "skip"; readonly from: number; readonly to: number; readonly adopt: boolean }
  /** The topic was recreated or lost records. */
  | { readonly kind: "fail"; readonly error: PermanentError };

/**
 * Decides where to start. `adopt`: store the current topic id, because the row has none (of a previous version or an older broker) and its
 * offset is in range.
 */
export function decideStart(facts: PartitionFacts): Decision {
  const { nextOffset, storedId, currentId, watermarks: { low } } = facts;
  const error = checkTopicId(facts) ?? checkEnd(facts);
  if (error) return { kind: "fail", error };
  const adopt = currentId !== undefined && storedId === null;
  if (low > nextOffset) return { kind: "skip", from: nextOffset, to: low, adopt };
  return { kind: "seek", offset: nextOffset, adopt };
}

/** The facts that identify a topic. */
export type TopicIdFacts = Pick<PartitionFacts, "group" | "topic" | "storedId" | "otherIds" | "currentId">;

/** The error of a topic whose id differs from the stored one; `undefined` if it does not, or if either is unknown. */
export function checkTopicId(facts: TopicIdFacts): PermanentError | undefined {
  const { group, topic, storedId, otherIds, currentId } = facts;
  if (currentId === undefined) return undefined;
  const uuid = topicIdToUuid(currentId);
  const different = [...storedId ? [storedId] : [], ...otherIds].find((id) => id !== uuid);
  if (different === undefined) return undefined;
  return new PermanentError({
    code: "TOPIC_RECREATED",
    cause:
      `the topic "${topic}" was deleted and recreated: its topic id is ${currentId}, and the progress of group "${group}" ` +
      `belongs to ${uuidToTopicId(different)}`,
    remedy: `To store the new topic from its start, stop all consumers, ${restartRemedy(group, topic)}; ` +
      "rows that are stored stay. If the topic was migrated together with its offsets, run: " +
      `${setTopicIdSql(group, topic, uuid)};`,
  });
}

/** The error of a partition that ends before the stored offset; `undefined` if it does not. */
export function checkEnd(facts: PartitionFacts): PermanentError | undefined {
  const { group, topic, partition, nextOffset, storedId, currentId, watermarks: { high } } = facts;
  if (nextOffset <= high) return undefined;
  const found = `partition ${partition} of the topic "${topic}" ends at offset ${high}, and offsets up to ${
    nextOffset - 1
  } are stored`;
  if (storedId && currentId !== undefined) {
    return new PermanentError({
      code: "TOPIC_RECORDS_LOST",
      cause:
        `records were lost in Kafka: ${found}; the topic id is the same, so an unclean leader election or a restore removed them`,
      remedy: `To continue at offset ${high}, stop all consumers and run: ${
        setOffsetSql(group, facts, high)
      }; move or delete the partition's rejected_records from that offset on.`,
    });
  }
  return new PermanentError({
    code: "TOPIC_RECREATED",
    cause:
      `the topic "${topic}" was deleted and recreated, or lost records in an unclean leader election: ${found}`,
    remedy: `To store the new topic from its start, stop all consumers, ${
      restartRemedy(group, topic)
    }; rows that are stored stay.`,
  });
}
