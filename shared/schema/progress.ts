/**
 * Reads and writes `consumer_progress`. The statement that advances progress is in `advance_progress.ts`.
 *
 * @module
 */
import pg from "pg";

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** The partition as a key for maps, such as `routes[0]`. */
export const partitionKey = ({ topic, partition }: TopicPartition): string => `${topic}[${partition}]`;

/**
 * Reads the stored offsets of partitions.
 *
 * @returns by {@link partitionKey}; partitions without a row are left out
 */
export async function readProgress(
  client: pg.Client,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ topic: string; partition: number; next_offset: string }>(
    `SELECT topic, partition, next_offset FROM consumer_progress
     JOIN unnest($2::text[], $3::int[]) AS p (topic, partition) USING (topic, partition) WHERE group_id = $1`,
    [group, partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)],
  );
  return new Map(rows.map((row) => [partitionKey(row), Number(row.next_offset)]));
}

/** A row of `consumer_progress`. */
export interface ProgressRow extends TopicPartition {
  readonly nextOffset: number;
  /** As PostgreSQL prints a `uuid`; null if it is unknown, `undefined` if the table has no such column. */
  readonly topicId: string | null | undefined;
}

/** Reads the group's rows of all partitions of topics. */
export async function readTopicProgress(
  client: pg.Client,
  group: string,
  topics: readonly string[],
): Promise<ProgressRow[]> {
  // As JSON, since a table that could not be upgraded has no column topic_id.
  const { rows } = await client.query<
    { topic: string; partition: number; next_offset: string; topic_id: string | null; has_topic_id: boolean }
  >(
    `SELECT topic, partition, next_offset, to_jsonb(p) ->> 'topic_id' AS topic_id, to_jsonb(p) ? 'topic_id' AS has_topic_id
     FROM consumer_progress AS p WHERE group_id = $1 AND topic = ANY ($2::text[])`,
    [group, topics],
  );
  return rows.map(({ topic, partition, next_offset, topic_id, has_topic_id }) => ({
    topic,
    partition,
    nextOffset: Number(next_offset),
    topicId: has_topic_id ? topic_id : undefined,
  }));
}

/** A partition and the offset at which a new group starts: the low watermark. */
export type PartitionStart = TopicPartition & { readonly start: number };

/**
 * Reads the rows of all partitions of the topics in `starts`, after inserting a row for each partition that is new to the group. A new
 * row has no topic id yet.
 */
export async function loadTopicProgress(
  client: pg.Client,
  group: string,
  starts: readonly PartitionStart[],
): Promise<ProgressRow[]> {
  const topics = [...new Set(starts.map(({ topic }) => topic))];
  const found = await readTopicProgress(client, group, topics);
  const known = new Set(found.map(partitionKey));
  const missing = starts.filter((at) => !known.has(partitionKey(at)));
  if (missing.length === 0) return found;
  await client.query(
    `INSERT INTO consumer_progress (group_id, topic, partition, next_offset)
     SELECT $1, * FROM unnest($2::text[], $3::int[], $4::bigint[]) ORDER BY 2, 3 ON CONFLICT DO NOTHING`,
    [
      group,
      missing.map(({ topic }) => topic),
      missing.map(({ partition }) => partition),
      missing.map(({ start }) => start),
    ],
  );
  return await readTopicProgress(client, group, topics);
}

/**
 * Stores topic ids (as uuid) in rows that have none. The table must have the column.
 *
 * Rows are locked in the order of the primary key, as in `advanceProgressSql()`.
 */
export async function adoptTopicIds(
  client: pg.Client,
  group: string,
  ids: readonly (TopicPartition & { readonly topicId: string })[],
): Promise<void> {
  await client.query(
    `UPDATE consumer_progress AS p SET topic_id = v.topic_id
     FROM (SELECT topic, partition, v.topic_id
           FROM consumer_progress AS q JOIN unnest($2::text[], $3::int[], $4::uuid[]) AS v (topic, partition, topic_id)
             USING (topic, partition)
           WHERE group_id = $1 AND q.topic_id IS NULL ORDER BY topic, partition FOR UPDATE OF q) AS v
     WHERE p.group_id = $1 AND p.topic = v.topic AND p.partition = v.partition`,
    [
      group,
      ids.map(({ topic }) => topic),
      ids.map(({ partition }) => partition),
      ids.map(({ topicId }) => topicId),
    ],
  );
}

const where = (group: string, topic: string) =>
  `group_id = ${pg.escapeLiteral(group)} AND topic = ${pg.escapeLiteral(topic)}`;

/** The statement with which an operator continues a partition at another offset, without a semicolon. */
export const setOffsetSql = (group: string, { topic, partition }: TopicPartition, offset: number): string =>
  `UPDATE consumer_progress SET next_offset = ${offset} WHERE ${
    where(group, topic)
  } AND partition = ${partition}`;

/** The statement with which an operator assigns a group's progress to a migrated topic, without a semicolon. */
export const setTopicIdSql = (group: string, topic: string, topicId: string): string =>
  `UPDATE consumer_progress SET topic_id = '${topicId}' WHERE ${where(group, topic)}`;

/** How an operator restarts a topic from its first record, as the continuation of "stop all consumers, ". */
export const restartRemedy = (group: string, topic: string): string =>
  `move or delete the topic's rows in rejected_records and run: DELETE FROM consumer_progress WHERE ${
    where(group, topic)
  }`;
