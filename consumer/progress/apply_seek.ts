import type pg from "pg";
import { PermanentError } from "../../shared/errors.ts";
import { loadTopicProgress, partitionKey } from "../../shared/schema/progress.ts";
import type { Seek } from "./plan_seek.ts";

/**
 * Changes the progress in the current transaction. As in a transaction of a consumer, each row must be at the offset that the plan expects
 * (the fence).
 *
 * @throws {PermanentError} if the progress of a partition has changed; the transaction must be rolled back
 */
export async function applySeek(client: pg.Client, group: string, seeks: readonly Seek[]): Promise<void> {
  const missing = seeks.filter(({ stored }) => stored === undefined);
  if (missing.length > 0) {
    await loadTopicProgress(
      client,
      group,
      missing.map(({ topic, partition, from }) => ({ topic, partition, start: from })),
    );
  }
  // Rows are locked in the order of the primary key, as in advanceProgressSql(). The progress may be before the low watermark.
  const { rows } = await client.query<{ topic: string; partition: number }>(
    `UPDATE consumer_progress AS p SET next_offset = v.target
     FROM (SELECT topic, partition, v.target
           FROM consumer_progress AS q JOIN unnest($2::text[], $3::int[], $4::bigint[], $5::bigint[])
             AS v (topic, partition, expected, target) USING (topic, partition)
           WHERE group_id = $1 AND q.next_offset = v.expected ORDER BY topic, partition FOR UPDATE OF q) AS v
     WHERE p.group_id = $1 AND p.topic = v.topic AND p.partition = v.partition
     RETURNING p.topic, p.partition`,
    [
      group,
      seeks.map(({ topic }) => topic),
      seeks.map(({ partition }) => partition),
      seeks.map(({ from, stored }) => stored ?? from),
      seeks.map(({ to }) => to),
    ],
  );
  const changed = new Set(rows.map(partitionKey));
  const fenced = seeks.map(partitionKey).filter((name) => !changed.has(name));
  if (fenced.length === 0) return;
  throw new PermanentError({
    action: "Cannot change the progress",
    code: "PROGRESS_CHANGED",
    cause: `the progress of ${fenced.join(", ")} changed in the meantime`,
    remedy: "Nothing was changed. Stop all consumers of the group, and try again.",
  });
}
