/**
 * The fence: advances the progress of partitions only if it is where this consumer left it (compare-and-set).
 *
 * @module
 */
import pg from "pg";

/** Advance of a partition in a transaction. The transaction fails if the stored offset is not `fromOffset`. */
export interface OffsetAdvance {
  readonly topic: string;
  readonly partition: number;
  readonly fromOffset: number;
  readonly toOffset: number;
}

const literal = pg.escapeLiteral;

/**
 * The statement that advances all partitions, and fails if any of them is not at its `fromOffset`.
 *
 * Rows are locked in the order of the primary key. A plain UPDATE locks them in the order of its plan, so that two consumers that claim
 * the same partitions could deadlock.
 *
 * Plain SQL cannot RAISE; an invalid cast is used instead, recognized by its text ({@link isFenceError}).
 */
export function advanceProgressSql(group: string, advances: readonly OffsetAdvance[]): string {
  const values = advances.map(({ topic, partition, fromOffset, toOffset }) =>
    `(${literal(topic)}, ${partition}, ${fromOffset}::bigint, ${toOffset}::bigint)`
  );
  const count = advances.length;
  return `WITH moved AS (
    UPDATE consumer_progress AS p SET next_offset = l.next_offset
    FROM (
      SELECT p.group_id, p.topic, p.partition, v.next_offset FROM consumer_progress AS p
      JOIN (VALUES ${values.join(", ")}) AS v (topic, partition, expected, next_offset)
      ON p.topic = v.topic AND p.partition = v.partition AND p.next_offset = v.expected
      WHERE p.group_id = ${literal(group)} ORDER BY p.topic, p.partition FOR NO KEY UPDATE OF p
    ) AS l
    WHERE p.group_id = l.group_id AND p.topic = l.topic AND p.partition = l.partition
    RETURNING 1
  ) SELECT CASE WHEN count(*) = ${count} THEN 0 ELSE ('fenced: ' || count(*) || ' of ${count}')::int END FROM moved`;
}

/** Whether the statement failed because of the fence. The rest of the message is in the server's language (lc_messages). */
export const isFenceError = (error: { code?: string; message?: string }): boolean =>
  error.code === "22P02" && error.message?.includes("fenced: ") === true;
