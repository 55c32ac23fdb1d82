/**
 * Plans a seek: the offset at which each partition continues.
 *
 * @module
 */
import { PermanentError } from "../../shared/errors.ts";
import { partitionKey, restartRemedy, type TopicPartition } from "../../shared/schema/progress.ts";

/** Where to continue; a time in Unix milliseconds. */
export type SeekTarget =
  | { readonly kind: "beginning" | "end" }
  | { readonly kind: "offset"; readonly offset: number }
  | { readonly kind: "time"; readonly ms: number };

/** The state of a partition of a group. */
export interface PartitionState extends TopicPartition {
  /** The stored progress; `undefined` if there is none. */
  readonly next: number | undefined;
  /** Low and high watermark. */
  readonly low: number;
  readonly high: number;
  /** Whether the stored progress belongs to a topic that was deleted and recreated. */
  readonly isRecreated: boolean;
}

/** A change of the progress of a partition. */
export interface Seek extends TopicPartition {
  /** Where the group would continue without the seek. */
  readonly from: number;
  readonly to: number;
  /** The stored progress, which is less than {@link from} if records have expired; `undefined` if there is none. */
  readonly stored: number | undefined;
}

const invalid = (cause: string, remedy: string) =>
  new PermanentError({ code: "PROGRESS_SEEK_INVALID", cause, remedy });

/** Parses `PROGRESS_SEEK`. @throws {PermanentError} if it is not a position */
export function parseSeekTarget(text: string): SeekTarget {
  if (text === "beginning" || text === "end") return { kind: text };
  if (/^\d{1,15}$/.test(text)) return { kind: "offset", offset: Number(text) };
  const isTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d)$/.test(text);
  const ms = isTime ? Date.parse(text) : NaN;
  if (Number.isFinite(ms)) return { kind: "time", ms };
  throw invalid(
    `PROGRESS_SEEK is not a position: ${JSON.stringify(text)}`,
    "Set beginning, end, an offset, or a time with time zone such as 2026-11-30T12:00:00Z.",
  );
}

/**
 * Plans the seek of the selected partitions.
 *
 * @param partitions numbers of partitions; empty: all
 * @param offsetsAt for a time: the first offset with it by {@link partitionKey}, −1 if there is none
 * @throws {PermanentError} if an offset is out of range, a partition does not exist, or a topic was recreated
 */
export function planSeek(
  group: string,
  states: readonly PartitionState[],
  target: SeekTarget,
  partitions: readonly number[],
  offsetsAt: ReadonlyMap<string, number>,
): Seek[] {
  for (const partition of partitions) {
    if (states.some((state) => state.partition === partition)) continue;
    throw invalid(`PROGRESS_PARTITIONS: there is no partition ${partition}`, "Correct the list.");
  }
  const selected = states.filter(({ partition }) =>
    partitions.length === 0 || partitions.includes(partition)
  );
  return selected.map((state) => {
    const { topic, partition, next, low, high, isRecreated } = state;
    const name = partitionKey(state);
    if (isRecreated) {
      throw invalid(
        `The topic ${topic} was deleted and recreated since the progress of ${name} was stored`,
        `Stop all consumers, ${restartRemedy(group, topic)}.`,
      );
    }
    const at = offsetsAt.get(name) ?? -1;
    const to = target.kind === "offset"
      ? target.offset
      : target.kind === "beginning"
      ? low
      : target.kind === "end" || at < 0
      ? high
      : at;
    if (to < low || to > high) {
      throw invalid(
        `PROGRESS_SEEK: ${name} has the offsets ${low} to ${high}, not ${to}`,
        "Set an offset of all partitions, or select partitions with --partitions.",
      );
    }
    return { topic, partition, from: Math.max(next ?? low, low), to, stored: next };
  });
}

/** What a seek does to a partition, as a line of text. */
export function describeSeek({ from, to, ...at }: Seek): string {
  const effect = to < from
    ? `up to ${from - to} records are stored again`
    : to > from
    ? `up to ${to - from} records are skipped`
    : "unchanged";
  return `${partitionKey(at)}: ${from} → ${to}: ${effect}`;
}
