/**
 * The stored progress of the consumer group.
 *
 * @module
 */
import type pg from "pg";
import { CONSUMER_PROGRESS } from "../../shared/schema/own_tables.ts";
import { type ProgressRow, readTopicProgress } from "../../shared/schema/progress.ts";

/** Reads the group's progress in some topics; none if the table does not exist yet. */
export async function fetchProgress(
  client: pg.Client,
  group: string,
  topics: readonly string[],
): Promise<ProgressRow[]> {
  const { rows: [table] } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS exists",
    [CONSUMER_PROGRESS.name],
  );
  return table!.exists ? await readTopicProgress(client, group, topics) : [];
}
