/**
 * Reports keys of upsert streams that have records in several partitions, in a bounded number of log lines.
 *
 * @module
 */
import { upsertMode } from "../../shared/upsert_stream.ts";
import type { Segment } from "../decode/segment.ts";
import { rowStreams } from "./batch.ts";
import { countSharedKeys } from "./shared_keys.ts";

/** Minimum time between two lines about a topic. */
const LOG_INTERVAL_MS = 5_000;

/** Fields of a line. A type, since an interface is not assignable to a record of fields. */
export type KeyConflict = { readonly topic: string; readonly count: number };

/** Sums up conflicts by topic. */
export class KeyConflicts {
  readonly #pending = new Map<string, { count: number; reportedAt: number }>();

  constructor(
    private readonly report: (line: KeyConflict) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /**
   * Adds the conflicts of a committed batch.
   *
   * @param results first columns of the rows that its transaction returned: of the fence, and of each upsert stream the conflicts so far
   */
  add(batch: readonly Segment[], results: readonly (string | null)[]): void {
    for (const [n, stream] of rowStreams(batch).filter((stream) => upsertMode(stream)).entries()) {
      const { topic } = stream;
      const inTable = Number(results[n + 1]) - (n === 0 ? 0 : Number(results[n]));
      const count = inTable + countSharedKeys(batch.filter((segment) => segment.stream === stream));
      if (count === 0) continue;
      const pending = this.#pending.get(topic) ?? { count: 0, reportedAt: -Infinity };
      pending.count += count;
      this.#pending.set(topic, pending);
    }
    this.flush();
  }

  /** Reports the conflicts since the last line, at most one line per interval and topic; `all` ignores the interval. */
  flush(all = false): void {
    const now = this.now();
    for (const [topic, pending] of this.#pending) {
      if (pending.count === 0 || (!all && now - pending.reportedAt < LOG_INTERVAL_MS)) continue;
      this.report({ topic, count: pending.count });
      pending.count = 0;
      pending.reportedAt = now;
    }
  }
}
