/**
 * Records that the database refuses: which ones, and what becomes of them.
 *
 * @module
 */
import type { Rejection } from "../../shared/codec/rejection.ts";
import type { PostgresErrorFields } from "../../shared/postgres/errors.ts";
import { RejectedWriter } from "../decode/rejected_rows.ts";
import type { Segment } from "../decode/segment.ts";
import { firstRejection } from "./reject_streaks.ts";

/** The number of the row, from 1 on, that PostgreSQL names; `undefined`: it names none. */
export function namedRow(error: unknown): number | undefined {
  // "line" is in the server's language.
  const line = Number(/^COPY [^,]+, \D*(\d+)/m.exec((error as PostgresErrorFields).where ?? "")?.[1]);
  return line >= 1 ? line : undefined;
}

/**
 * How many of the first rows to try next: those before the line that PostgreSQL names, that line alone where it is the first, and
 * half of them where it names none.
 */
export function nextPieceSize(error: unknown, rows: number): number {
  const row = namedRow(error);
  return row === undefined || row > rows ? Math.ceil(rows / 2) : Math.max(1, row - 1);
}

/** A segment of one row, with its record rejected instead. */
export function toRejected(
  segment: Segment,
  error: unknown,
  { reason, detail }: Rejection = firstRejection(error),
): Segment {
  const { stream: { topic }, partition } = segment;
  const record = segment.records()[0]!;
  const writer = new RejectedWriter();
  writer.addRecord({ topic, partition, ...record, reason, detail });
  const rejected = segment.rejected.concat(writer.flush());
  return { ...segment, rows: segment.rows.subarray(0, 0), rowCount: 0, records: () => [], rejected };
}
