/**
 * The lag of the consumer group: as the consumers report it, and from Kafka's offsets for partitions that no consumer reports.
 *
 * @module
 */
import { partitionKey, type ProgressRow } from "../../shared/schema/progress.ts";
import { type GroupLag, type PartitionLag, type ServiceStatus, unassignedPartitions } from "../protocol.ts";
import type { Offsets, PartitionOffsets } from "./offsets_poller.ts";

/** Older offsets are not current: several polls have failed. */
const OFFSETS_MAX_AGE_MS = 10_000;

export interface LagSources {
  readonly services: readonly ServiceStatus[];
  /** `undefined`: Kafka has not responded yet. */
  readonly offsets: Offsets | undefined;
  /** The group's progress; `undefined`: not read yet. Without consumers, it does not change while PostgreSQL is unavailable. */
  readonly progress: readonly ProgressRow[] | undefined;
}

/** Computes the lag, and keeps the last known one. */
export class LagTracker {
  #last: { records: number; at: number } | undefined;

  /**
   * @param now Unix milliseconds
   * @returns the lag; `staleSince` is set if it is not current
   */
  update(sources: LagSources, now = Date.now()): GroupLag {
    const records = currentLag(sources, now);
    if (records !== undefined) this.#last = { records, at: now };
    const others = otherPartitions(sources);
    if (!this.#last) return { others };
    const { records: known, at } = this.#last;
    return { records: known, others, ...records === undefined ? { staleSince: at } : {} };
  }
}

/** The sum over all partitions; `undefined`: unknown. */
function currentLag(sources: LagSources, now: number): number | undefined {
  const { services, offsets, progress } = sources;
  const current = services.filter(({ kind, up, missing }) =>
    kind === "consumer" && up && !missing.includes("kafka")
  );
  const reported = new Map(
    [...unassignedPartitions(current), ...current.flatMap(({ partitions }) => partitions)]
      .map((at) => [partitionKey(at), at.lag]),
  );
  const sum = (lags: Iterable<number>) => [...lags].reduce((sum, lag) => sum + lag, 0);
  if (!offsets || now - offsets.at > OFFSETS_MAX_AGE_MS) {
    return current.length > 0 ? sum(reported.values()) : undefined;
  }
  const others = offsets.partitions.filter((at) => !reported.has(partitionKey(at)));
  if (!progress) return others.length > 0 ? undefined : sum(reported.values());
  return sum(reported.values()) + sum(lagsOf(others, progress).map(({ lag }) => lag));
}

/** The partitions that no reachable consumer reports as assigned, with the lag behind the last known offsets. */
function otherPartitions({ services, offsets, progress }: LagSources): PartitionLag[] {
  if (!offsets || !progress) return [];
  const assigned = new Set(services.flatMap(({ partitions }) => partitions.map(partitionKey)));
  return lagsOf(offsets.partitions.filter((at) => !assigned.has(partitionKey(at))), progress);
}

/** A partition without progress, or of a recreated topic, is read from the low watermark on. */
function lagsOf(partitions: readonly PartitionOffsets[], progress: readonly ProgressRow[]): PartitionLag[] {
  const rows = new Map(progress.map((row) => [partitionKey(row), row]));
  return partitions.map(({ topic, partition, low, high, topicId }) => {
    const row = rows.get(partitionKey({ topic, partition }));
    const isRecreated = !!row?.topicId && topicId !== undefined && row.topicId !== topicId;
    const next = row && !isRecreated ? row.nextOffset : low;
    return { topic, partition, lag: Math.max(0, high - Math.max(low, next)) };
  }).sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
}
