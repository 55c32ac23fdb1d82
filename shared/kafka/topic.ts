/**
 * The ends of topics.
 *
 * @module
 */
import type { Admin } from "kafkajs";

/** The first and the last offset of a partition: of the oldest record that is kept, and of the next to be written. */
export interface TopicEnds {
  readonly low: number;
  readonly high: number;
}

/** The ends of a topic's partitions, by partition. */
export async function topicEnds(admin: Admin, topic: string): Promise<Map<number, TopicEnds>> {
  const offsets = await admin.fetchTopicOffsets(topic);
  return new Map(
    offsets.map(({ partition, low, high }) => [partition, { low: Number(low), high: Number(high) }]),
  );
}
