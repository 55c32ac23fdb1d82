/**
 * The reason why a record is rejected.
 *
 * @module
 */
import { escapeUnprintable } from "../escape.ts";

/** Categories of rejections, stored in `rejected_records.reason`. Stored values must not change between versions. */
export const REASONS = [
  "no value",
  "empty value",
  "not UTF-8",
  "not JSON",
  "nested too deep",
  "duplicate name",
  "invalid record",
  "refused by the database",
] as const;

export type Reason = typeof REASONS[number];

/** The reason why a record is rejected. */
export interface Rejection {
  readonly reason: Reason;
  /** A sentence for the operator. */
  readonly detail: string;
}

/** Creates the rejection of a value that a column's type cannot store. */
export const rejectColumn = (name: string, problem: string): Rejection =>
  reject("invalid record", `column ${name}: ${problem}`);

/** Whether a column's type decided, which the catalog has, and not only the schema. */
export const isOfColumn = ({ detail }: Rejection): boolean => /(?:^|: )column /.test(detail);

/** Maximum length of a detail, UTF-16 code units. */
const DETAIL_LENGTH_MAX = 500;

/**
 * Creates a rejection whose detail PostgreSQL can store and a terminal can print, although it may quote the value: lone surrogates, NUL
 * and other control characters are escaped, and its length is limited.
 */
export function reject(reason: Reason, detail: string): Rejection {
  // Truncate first to limit the cost of escaping.
  const text = escapeUnprintable(detail.slice(0, DETAIL_LENGTH_MAX));
  const cut = detail.length > DETAIL_LENGTH_MAX || text.length > DETAIL_LENGTH_MAX;
  return { reason, detail: (cut ? `${text.slice(0, DETAIL_LENGTH_MAX)}…` : text).toWellFormed() };
}
