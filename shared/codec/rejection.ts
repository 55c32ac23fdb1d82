/**
 * Why a record is not stored in its table.
 *
 * @module
 */
import { escapeUnprintable } from "../escape.ts";

/** Why a record was rejected. The first words are the same for all of a kind, so that they can be counted. */
export type Reason =
  | "no value"
  | "empty value"
  | "not UTF-8"
  | "not JSON"
  | "nested too deep"
  | "duplicate name"
  | "invalid record"
  | "refused by the database";

/** Why a record is not stored in its table. */
export interface Rejection {
  readonly reason: Reason;
  /** What exactly is wrong, for people. */
  readonly detail: string;
}

/** Longest detail that is kept, in UTF-16 code units. */
const MAX_DETAIL = 500;

/**
 * A rejection whose detail PostgreSQL can store and a terminal can show, whatever of the value it quotes: no lone surrogate, no NUL
 * or other control character, and not as long as the value may be.
 */
export function reject(reason: Reason, detail: string): Rejection {
  // Cut first, so that no more is escaped than is kept.
  const text = escapeUnprintable(detail.slice(0, MAX_DETAIL));
  const cut = detail.length > MAX_DETAIL || text.length > MAX_DETAIL;
  return { reason, detail: (cut ? `${text.slice(0, MAX_DETAIL)}…` : text).toWellFormed() };
}
