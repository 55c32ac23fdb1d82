/**
 * The end of a bounded run: the group has stored everything before the high watermarks that the partitions had at its start.
 *
 * @module
 */
import type { TopicMetadata } from "../shared/kafka/metadata.ts";
import { errorNamed, type Watermarks } from "../shared/kafka/watermarks.ts";
import { pause } from "../shared/lifecycle.ts";
import { partitionKey, type TopicPartition } from "../shared/schema/progress.ts";

/** Between two comparisons with what this consumer has stored, milliseconds. */
const LOCAL_POLL_MS = 25;
/** Between two questions to PostgreSQL about what the group has stored. */
const GROUP_POLL_MS = 100;
/** Between two requests for watermarks that were not known. */
const WATERMARK_POLL_MS = 1_000;

/** What a bounded run asks of Kafka and PostgreSQL. */
export interface CatchUpSources {
  topics(): Promise<readonly TopicMetadata[]>;
  watermarks(
    topics: readonly TopicMetadata[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Watermarks>>>;
  /** `next_offset` of the group by {@link partitionKey}. */
  progress(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>>;
  /** What this consumer has stored in the partitions that it holds, by {@link partitionKey}. */
  stored(): ReadonlyMap<string, number>;
}

/** A partition, with the offset up to which it is to be stored; `undefined` while its leader does not tell. */
export type Target = TopicPartition & { readonly high: number | undefined };

/**
 * The high watermarks of all partitions. Not the last stable offsets: an open transaction, and what lies behind it, was there, too.
 *
 * @throws {KafkaJSError} if no broker answers, or a topic has an error
 */
export async function fetchTargets(
  sources: Pick<CatchUpSources, "topics" | "watermarks">,
): Promise<Target[]> {
  const topics = await sources.topics();
  for (const { error } of topics) if (error !== undefined) throw errorNamed(error);
  const watermarks = await sources.watermarks(topics);
  return topics.flatMap(({ name: topic, partitions }) =>
    partitions.map(({ partition }) => ({
      topic,
      partition,
      high: watermarks.get(topic)?.get(partition)?.high,
    }))
  );
}

/**
 * Resolves when the group has stored everything before the targets, whichever of its consumers did, or when `signal` aborts.
 *
 * @returns whether it has caught up
 */
export async function catchUp(
  targets: readonly Target[],
  sources: CatchUpSources,
  signal: AbortSignal,
): Promise<boolean> {
  while (!signal.aborted) {
    if (targets.some(({ high }) => high === undefined)) {
      targets = await complete(targets, sources);
      if (targets.some(({ high }) => high === undefined)) {
        await pause(WATERMARK_POLL_MS, signal);
        continue;
      }
    }
    const isStored = (offsets: ReadonlyMap<string, number>, unknown: number) =>
      targets.every((target) => (offsets.get(partitionKey(target)) ?? unknown) >= target.high!);
    // If one of our own partitions is behind, the group cannot have caught up; a query would only delay the next transaction.
    if (!isStored(sources.stored(), Infinity)) {
      await pause(LOCAL_POLL_MS, signal);
      continue;
    }
    if (isStored(await sources.progress(targets), 0)) return true;
    await pause(GROUP_POLL_MS, signal);
  }
  return false;
}

/** The targets, those that were not known with what can be known now. */
async function complete(targets: readonly Target[], sources: CatchUpSources): Promise<readonly Target[]> {
  const now = await fetchTargets(sources).catch(() => []);
  const highs = new Map(now.map((target) => [partitionKey(target), target.high]));
  return targets.map((target) => ({ ...target, high: target.high ?? highs.get(partitionKey(target)) }));
}
