/**
 * Finds the rows that a constraint rejects and turns them into rejected records.
 *
 * @module
 */
import type { Rejection } from "../../shared/codec/rejection.ts";
import type { PostgresErrorFields } from "../../shared/postgres/errors.ts";
import { RejectedWriter } from "../decode/rejected_rows.ts";
import type { Segment } from "../decode/segment.ts";
import { firstRejection } from "./reject_streaks.ts";

/** The 1-based number of the row that the error names; `undefined`: none. */
export function namedRow(error: unknown): number | undefined {
  // The word "line" is in the server's language.
  const line = Number(/^COPY [^,]+, \D*(\d+)/m.exec((error as PostgresErrorFields).where ?? "")?.[1]);
  return line >= 1 ? line : undefined;
}

/**
 * Number of rows to store next after a transaction failed: the rows before the one that the error names, that row alone if it is the
 * first, half of the rows if it names none.
 */
export function nextPieceSize(error: unknown, rows: number): number {
  const row = namedRow(error);
  return row === undefined || row > rows ? Math.ceil(rows / 2) : Math.max(1, row - 1);
}

/** Turns the only row of a segment into a rejected record. */
export function toRejected(
  segment: Segment,
  error: unknown,
  { reason, detail }: Rejection = firstRejection(error),
): Segment {
  const { stream: { topic }, partition } = segment;
  const record = segment.records()[0]!;
  const writer = new RejectedWriter();
  writer.addRecord({ ...record, topic, partition, headers: record.headers(), reason, detail });
  const rejected = segment.rejected.concat(writer.flush());
  return { ...segment, rows: segment.rows.subarray(0, 0), rowCount: 0, records: () => [], rejected };
}
