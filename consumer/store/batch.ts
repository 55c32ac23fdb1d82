/**
 * The transaction of a batch of segments.
 *
 * @module
 */
import { PermanentError } from "../../shared/errors.ts";
import { advanceProgressSql, type OffsetAdvance } from "../../shared/schema/advance_progress.ts";
import { REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import { partitionKey } from "../../shared/schema/progress.ts";
import { insertRejectedSql, rejectedTarget } from "../../shared/schema/rejected_records.ts";
import type { Segment } from "../decode/segment.ts";
import type { Stream } from "../../shared/stream.ts";
import { upsertMode } from "../../shared/upsert_stream.ts";
import { assertTypesSql } from "../../shared/schema/assert_types.ts";
import { streamTarget } from "../../shared/schema/stream_table.ts";
import type { Step } from "./transaction.ts";
import { upsertSteps } from "./upsert.ts";

/** The segment's partition as a key for maps. */
export const partitionOf = ({ stream: { topic }, partition }: Segment): string =>
  partitionKey({ topic, partition });

const compare = (a: string, b: string) => a < b ? -1 : a > b ? 1 : 0;

/** How the rejected records of a batch are stored. */
export interface RejectedForm {
  /** With INSERT … ON CONFLICT, since another consumer group has stored some of them. */
  readonly bySql: boolean;
  /** With details in ASCII, since the database's encoding lacks one of their characters. */
  readonly asciiOnly: boolean;
  /** With the columns that version 3 of the schema added. */
  readonly hasAdded: boolean;
}

/**
 * The steps of a batch's transaction.
 *
 * Partitions are sorted: consumers of other groups may insert the same rejected records, and different orders could deadlock.
 */
export function batchTransaction(
  group: string,
  batch: readonly Segment[],
  { bySql, asciiOnly, hasAdded }: RejectedForm,
): Step[] {
  const ordered = batch.toSorted((a, b) =>
    compare(a.stream.topic, b.stream.topic) || a.partition - b.partition
  );
  const steps: Step[] = [advanceProgressSql(group, advancesOf(ordered))];
  const rejected = ordered.map((segment) => segment.rejected).filter(({ count }) => count > 0)
    .map((records) => asciiOnly ? records.toAscii() : records);
  if (rejected.length > 0 && bySql) steps.push(insertRejectedSql(rejected, hasAdded));
  for (const stream of rowStreams(ordered)) {
    steps.push(...storeSteps(stream, ordered.filter((s) => s.stream === stream && s.rowCount > 0)));
  }
  if (rejected.length > 0 && !bySql) {
    const rows = rejected.map((records) => hasAdded ? records.rows : records.originalColumns());
    steps.push({ target: rejectedTarget(hasAdded), rows });
  }
  return steps;
}

/** The streams of which a batch has rows, in the order in which they are stored. */
export const rowStreams = (batch: readonly Segment[]): Stream[] =>
  [...new Set(batch.filter(({ rowCount }) => rowCount > 0).map(({ stream }) => stream))]
    .sort((a, b) => compare(a.topic, b.topic));

/** The steps that store the rows of a stream. */
function storeSteps(stream: Stream, segments: readonly Segment[]): Step[] {
  if (upsertMode(stream)) return upsertSteps(segments);
  const { typeOids } = segments[0]!;
  return [
    { target: streamTarget(stream), rows: segments.map(({ rows }) => rows) },
    ...typeOids ? [assertTypesSql(stream, typeOids)] : [],
  ];
}

/** The advance of each partition, from its first segment to its last. */
export function advancesOf(batch: readonly Segment[]): OffsetAdvance[] {
  const advances = new Map<string, OffsetAdvance>();
  for (const segment of batch) {
    const { stream: { topic }, partition, from, to } = segment;
    const key = partitionOf(segment);
    advances.set(key, { topic, partition, fromOffset: advances.get(key)?.fromOffset ?? from, toOffset: to });
  }
  return [...advances.values()];
}

/** The error of a batch with a rejected record at whose offset a different one is stored. */
export function rejectedConflictError(batch: readonly Segment[], cause: unknown): PermanentError {
  const topics = [...new Set(batch.map(({ stream }) => stream.topic))].join(", ");
  return new PermanentError(
    {
      action: `Cannot store a rejected record of ${topics}`,
      code: "REJECTED_RECORD_CONFLICT",
      cause: `${REJECTED_RECORDS.name} already has a different record for this topic, partition and offset`,
      remedy: "Was the topic recreated? Move or delete the old topic's rows.",
    },
    { cause },
  );
}
