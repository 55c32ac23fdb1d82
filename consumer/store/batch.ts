/**
 * The transaction of a batch of segments.
 *
 * @module
 */
import { PermanentError } from "../../shared/errors.ts";
import { advanceProgressSql, type OffsetAdvance } from "../../shared/schema/advance_progress.ts";
import { REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import { partitionKey } from "../../shared/schema/progress.ts";
import { insertRejectedSql, REJECTED_TARGET } from "../../shared/schema/rejected_records.ts";
import type { Segment } from "../decode/segment.ts";
import { streamTarget } from "../../shared/schema/stream_table.ts";
import { type Copy, transactionSql } from "./transaction.ts";

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
}

/**
 * The Query message of a batch and its COPY data.
 *
 * Partitions are sorted: consumers of other groups may insert the same rejected records, and different orders could deadlock.
 */
export function batchTransaction(
  group: string,
  batch: readonly Segment[],
  { bySql, asciiOnly }: RejectedForm,
): { sql: string; copies: Copy[] } {
  const ordered = batch.toSorted((a, b) =>
    compare(a.stream.topic, b.stream.topic) || a.partition - b.partition
  );
  const copies: Copy[] = [];
  for (const stream of new Set(ordered.map((segment) => segment.stream))) {
    const rows = ordered.filter((s) => s.stream === stream && s.rows.length > 0).map((s) => s.rows);
    if (rows.length > 0) copies.push({ target: streamTarget(stream), rows });
  }
  const rejected = ordered.map((segment) => segment.rejected).filter(({ count }) => count > 0)
    .map((records) => asciiOnly ? records.toAscii() : records);
  const statements = rejected.length > 0 && bySql ? [insertRejectedSql(rejected)] : [];
  if (rejected.length > 0 && !bySql) {
    copies.push({ target: REJECTED_TARGET, rows: rejected.map(({ rows }) => rows) });
  }
  const fence = advanceProgressSql(group, advancesOf(ordered));
  return { sql: transactionSql([fence, ...statements], copies), copies };
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
