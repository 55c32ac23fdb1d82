/**
 * The end of a bounded run: the group has stored everything before the high watermarks at the run's start.
 *
 * @module
 */
import { kafkaError } from "../shared/kafka/errors.ts";
import type { TopicMetadata } from "../shared/kafka/metadata.ts";
import { errorNamed, type Watermarks } from "../shared/kafka/watermarks.ts";
import { pause } from "../shared/lifecycle.ts";
import { retryUntilAvailable } from "../shared/retry.ts";
import { partitionKey, type TopicPartition } from "../shared/schema/progress.ts";
import type { ConsumerContext } from "./prepare_servers.ts";
import { CancelledError } from "./store/database.ts";

/** Poll interval of what this consumer has stored. */
const LOCAL_POLL_INTERVAL_MS = 25;
/** Poll interval of what the group has stored, which takes a query. */
const GROUP_POLL_INTERVAL_MS = 100;
/** Poll interval of watermarks whose leader did not answer. */
const WATERMARK_POLL_INTERVAL_MS = 1_000;

/** What a bounded run reads from Kafka and PostgreSQL. */
export interface CatchUpSources {
  topics(): Promise<readonly TopicMetadata[]>;
  watermarks(
    topics: readonly TopicMetadata[],
  ): Promise<ReadonlyMap<string, ReadonlyMap<number, Watermarks>>>;
  /** `next_offset` of the group by {@link partitionKey}. */
  progress(partitions: readonly TopicPartition[]): Promise<ReadonlyMap<string, number>>;
  /** The stored offsets of this consumer's partitions, by {@link partitionKey}. */
  stored(): ReadonlyMap<string, number>;
}

/** A partition with the offset up to which it must be stored; `undefined` until its leader answers. */
export type Target = TopicPartition & { readonly high: number | undefined };

/**
 * Fetches the high watermarks of all partitions. The last stable offsets are not enough: the records of an open transaction, and those
 * after them, exist already.
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
 * Fetches the targets, retrying until Kafka is available.
 *
 * @throws {CancelledError} if the signal aborts first
 */
export async function waitForTargets(
  sources: Pick<CatchUpSources, "topics" | "watermarks">,
  { availability, signal, settings }: Pick<ConsumerContext, "availability" | "signal" | "settings">,
): Promise<Target[]> {
  const action = "Cannot read the high watermarks";
  const targets = await retryUntilAvailable("Kafka", availability, signal, async () => {
    try {
      return await fetchTargets(sources);
    } catch (error) {
      throw kafkaError(action, error, settings);
    }
  });
  if (targets === undefined) throw new CancelledError(action);
  return targets;
}

/**
 * Resolves when the group, no matter which of its consumers, has stored everything before the targets, or when `signal` aborts.
 *
 * @returns whether the group has caught up
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
        await pause(WATERMARK_POLL_INTERVAL_MS, signal);
        continue;
      }
    }
    const isStored = (offsets: ReadonlyMap<string, number>, unknown: number) =>
      targets.every((target) => (offsets.get(partitionKey(target)) ?? unknown) >= target.high!);
    // If one of our own partitions is behind, the group cannot have caught up; a query would only delay the next transaction.
    if (!isStored(sources.stored(), Infinity)) {
      await pause(LOCAL_POLL_INTERVAL_MS, signal);
      continue;
    }
    if (isStored(await sources.progress(targets), 0)) return true;
    await pause(GROUP_POLL_INTERVAL_MS, signal);
  }
  return false;
}

/** Fills in missing high watermarks of leaders that answer now. */
async function complete(targets: readonly Target[], sources: CatchUpSources): Promise<readonly Target[]> {
  const now = await fetchTargets(sources).catch(() => []);
  const highs = new Map(now.map((target) => [partitionKey(target), target.high]));
  return targets.map((target) => ({ ...target, high: target.high ?? highs.get(partitionKey(target)) }));
}
