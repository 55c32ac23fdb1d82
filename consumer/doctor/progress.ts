/**
 * Progress, as PostgreSQL has it, held against what the topics have.
 *
 * @module
 */
import { PermanentError } from "../../shared/errors.ts";
import { type Ends, topicEnds } from "../../shared/kafka/topic.ts";
import { keyOf, readProgress, recreated, standing } from "../progress.ts";
import { failed, ok, type Outcome, skipped, together } from "./check.ts";
import type { Context } from "./context.ts";

/** Whether the consumer can go on where it stopped: the topics are those it read, and what comes next is still there. */
export async function checkProgress(context: Context): Promise<Outcome> {
  const group = context.settings.CONSUMER_GROUP_ID;
  const topics = [...context.get("ends").keys()];
  if (!context.get("tables").includes("consumer_progress")) {
    return skipped("nothing is stored yet: the consumer starts at the topics' first records");
  }
  const { rows, progress } = await context.withClient(async (client) => {
    const { rows } = await client.query<{ topic: string; partition: number }>(
      "SELECT topic, partition FROM consumer_progress WHERE group_id = $1 AND topic = ANY ($2::text[])",
      [group, topics],
    );
    return { rows, progress: await readProgress(client, group, rows) };
  });
  // Anew, since consumers go on meanwhile: progress must not be held against ends that are older than it.
  const admin = context.get("admin");
  const ends = await Promise.all(
    topics.map(async (topic) => [topic, await topicEnds(admin, topic)] as const),
  );
  return together(
    ends.map(([topic, partitions]) => topicProgress(group, topic, partitions, rows, progress)),
  );
}

function topicProgress(
  group: string,
  topic: string,
  partitions: ReadonlyMap<number, Ends>,
  rows: readonly { topic: string; partition: number }[],
  progress: ReadonlyMap<string, number>,
): Outcome {
  const own = rows.filter((row) => row.topic === topic);
  const waiting = [...partitions].reduce((sum, [partition, { low, high }]) => {
    return sum + high - Math.max(low, progress.get(keyOf({ topic, partition })) ?? low);
  }, 0);
  if (own.length === 0) {
    return skipped(
      `${group} has stored nothing of ${topic} yet: ${
        waiting.toLocaleString("en")
      } records wait, from the topic's start`,
    );
  }
  let expired = 0;
  const places: string[] = [];
  for (const at of own) {
    const next = progress.get(keyOf(at)) ?? 0;
    const found = partitions.get(at.partition);
    try {
      if (found === undefined) throw recreated(at, next, "is not there any more");
      const now = standing(at, next, found);
      if (now.kind !== "expired") continue;
      expired += now.low - next;
      places.push(`${keyOf(at)}: ${next} is next, ${now.low} is the first that is left`);
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      const [why = "", ...remedy] = error.message.split(/(?<=stored)\. /);
      return failed(why, remedy.join(". "));
    }
  }
  if (expired > 0) {
    return failed(
      `up to ${expired.toLocaleString("en")} records of ${topic} expired before ${group} stored them (${
        places.slice(0, 3).join("; ")
      })`,
      "They are lost, and the consumer goes on behind them. Raise the topic's retention.ms, and keep the consumer running.",
    );
  }
  return ok(`${group} goes on where it stopped in ${topic}; ${waiting.toLocaleString("en")} records wait`);
}
