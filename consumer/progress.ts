/**
 * Progress as PostgreSQL keeps it, held against what the topic still has.
 *
 * @module
 */
import type pg from "pg";
import { PermanentError } from "../shared/errors.ts";
import type { Ends } from "../shared/kafka/topic.ts";

/** A partition of a topic. */
export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** A key for maps. */
export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}[${partition}]`;

/**
 * Reads `next_offset` of some partitions.
 *
 * @returns by {@link keyOf}; a partition without a row is not in it
 */
export async function readProgress(
  client: pg.Client,
  group: string,
  partitions: readonly TopicPartition[],
): Promise<Map<string, number>> {
  const { rows } = await client.query<{ topic: string; partition: number; next_offset: string }>(
    `SELECT topic, partition, next_offset FROM consumer_progress
     JOIN unnest($2::text[], $3::int[]) AS wanted (topic, partition) USING (topic, partition) WHERE group_id = $1`,
    [group, partitions.map(({ topic }) => topic), partitions.map(({ partition }) => partition)],
  );
  return new Map(rows.map((row) => [keyOf(row), Number(row.next_offset)]));
}

/**
 * Reads progress, after giving partitions that are new to the group a row at their start.
 *
 * @param starts the first offset of each partition, where a group begins
 */
export async function loadProgress(
  client: pg.Client,
  group: string,
  starts: readonly (TopicPartition & { readonly start: number })[],
): Promise<Map<string, number>> {
  const found = await readProgress(client, group, starts);
  const missing = starts.filter((at) => !found.has(keyOf(at)));
  if (missing.length === 0) return found;
  await client.query(
    `INSERT INTO consumer_progress (group_id, topic, partition, next_offset)
     SELECT $1, * FROM unnest($2::text[], $3::int[], $4::bigint[]) ON CONFLICT DO NOTHING`,
    [
      group,
      missing.map(({ topic }) => topic),
      missing.map(({ partition }) => partition),
      missing.map(({ start }) => start),
    ],
  );
  return await readProgress(client, group, starts);
}

/** What the ends of a partition say of the progress in it. */
export type Standing = { readonly kind: "readable" } | { readonly kind: "expired"; readonly low: number };

/**
 * Holds progress against the ends of its partition.
 *
 * @throws {PermanentError} where the partition ends before it: the topic was deleted and made again, or lost its end
 */
export function standing(at: TopicPartition, next: number, { low, high }: Ends): Standing {
  if (high < next) throw recreated(at, next, `ends at offset ${high}`);
  return low > next ? { kind: "expired", low } : { kind: "readable" };
}

/** The error of a topic that is not the one that progress was made in. */
export function recreated({ topic, partition }: TopicPartition, next: number, found: string): PermanentError {
  return new PermanentError(
    `The topic "${topic}" is not the one that was read before: partition ${partition} ${found}, and ${next} offsets of it are stored. ` +
      "It was deleted and made again, or lost records in an unclean leader election. To read the new one from its start, stop all " +
      `consumers and run: DELETE FROM consumer_progress WHERE topic = '${
        topic.replaceAll("'", "''")
      }'; its rejected_records, whose ` +
      "offsets start anew too, must be moved or deleted as well. Rows that are stored stay.",
  );
}
