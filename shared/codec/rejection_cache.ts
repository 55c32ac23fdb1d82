/**
 * Caches the rejections of a stream's schema by shape code. The messages of most schemas depend on the kinds of violations, not on the
 * values: after a few identical rejections for a code, the schema is not run again.
 *
 * @module
 */
import type { Rejection } from "./rejection.ts";

/** Number of identical rejections for a code before it is cached. */
const MIN_IDENTICAL = 3;
/** Maximum number of codes in the cache. */
const MAX_CODES = 1_000;

/** Rejections of the records with one shape code. */
interface Entry {
  readonly rejection: Rejection;
  /** Number of identical rejections; −∞: they differ. */
  count: number;
}

/** The cache of one stream. */
export class RejectionCache {
  readonly #entries = new Map<number, Entry>();

  /** The rejection of records with this code; `undefined`: the schema must be run. */
  get(code: number): Rejection | undefined {
    const entry = this.#entries.get(code);
    return entry !== undefined && entry.count >= MIN_IDENTICAL ? entry.rejection : undefined;
  }

  /** Records the schema's rejection of a record with this code. */
  record(code: number, rejection: Rejection): void {
    const entry = this.#entries.get(code);
    if (entry !== undefined) {
      if (entry.rejection.detail === rejection.detail) entry.count++;
      else entry.count = -Infinity;
    } else if (this.#entries.size < MAX_CODES) this.#entries.set(code, { rejection, count: 1 });
  }
}
