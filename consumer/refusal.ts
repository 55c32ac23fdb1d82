/**
 * Records that the database refuses: which ones, and what becomes of them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { reject } from "../shared/codec/rejection.ts";
import { messageOf, PermanentError } from "../shared/errors.ts";
import { classify } from "../shared/postgres/errors.ts";
import { RejectedWriter } from "./rejected.ts";
import type { Segment } from "./segment.ts";

/** What PostgreSQL's error says beside its message. */
interface Details {
  readonly code?: string;
  readonly table?: string;
  readonly column?: string;
  readonly detail?: string;
  readonly where?: string;
}

/**
 * Whether an error is the fault of single records of these segments, so that the rest can be stored without them.
 *
 * @throws {PermanentError} where it is none's fault: the table has a column that no record can fill
 */
export function isRefusal(error: unknown, segments: readonly Segment[]): boolean {
  if (classify(error) !== "record" || segments.every(({ rowCount }) => rowCount === 0)) return false;
  const { code, table, column, where } = error as Details;
  if (table === "rejected_records" || where?.startsWith("COPY rejected_records")) return false;
  const stream = segments.find(({ stream }) => stream.table === table)?.stream;
  if (code === "23502" && stream && !stream.fields.some((field) => field.column === column)) {
    throw new PermanentError(
      `Cannot store records in ${table}: its column "${column}" is NOT NULL and no part of the stream ${stream.name}. ` +
        `Give it a default: ALTER TABLE ${table} ALTER COLUMN "${column}" SET DEFAULT …; or drop the NOT NULL.`,
      { cause: error },
    );
  }
  return true;
}

/**
 * How many of the first rows to try next: those before the line that PostgreSQL names, that line alone where it is the first, and
 * half of them where it names none.
 */
export function rowsToTry(error: unknown, rows: number): number {
  const line = Number(/^COPY [^,]+, line (\d+)/m.exec((error as Details).where ?? "")?.[1]);
  if (!(line >= 1 && line <= rows)) return Math.ceil(rows / 2);
  return Math.max(1, line - 1);
}

/** The database's own words for why it refuses a record. */
export const refusalText = (error: unknown): string => {
  const { detail } = error as Details;
  return detail === undefined ? messageOf(error) : `${messageOf(error)} (${detail.replace(/\.$/, "")})`;
};

/** A segment of one row, with its record in quarantine instead. */
export function refuse(segment: Segment, error: unknown): Segment {
  const { stream: { topic }, partition } = segment;
  const { offset, key, value } = segment.records()[0]!;
  const place = {
    keyStart: 0,
    keyLength: key?.length ?? -1,
    valueStart: key?.length ?? 0,
    valueLength: value?.length ?? -1,
  };
  const writer = new RejectedWriter();
  const bytes = Buffer.concat([key ?? new Uint8Array(0), value ?? new Uint8Array(0)]);
  writer.add(topic, partition, offset, bytes, place, reject("refused by the database", refusalText(error)));
  const rejected = segment.rejected.concat(writer.take());
  return { ...segment, rows: segment.rows.subarray(0, 0), rowCount: 0, records: () => [], rejected };
}
