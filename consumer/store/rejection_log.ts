/**
 * Reports records that the database rejected, in a bounded number of log lines.
 *
 * @module
 */
import type { TopicPartition } from "../../shared/schema/progress.ts";

/** Minimum time between two lines about a partition. */
const LOG_INTERVAL_MS = 5_000;
/** Maximum number of records in a line. */
const MAX_EXAMPLES = 3;

/** Fields of a line. A type, since an interface is not assignable to a record of fields. */
export type RejectedByDatabase = {
  readonly topic: string;
  readonly partition: number;
  readonly count: number;
  readonly examples: readonly { readonly offset: number; readonly text: string }[];
};

interface Pending extends TopicPartition {
  count: number;
  readonly examples: { offset: number; text: string }[];
  reportedAt: number;
}

/** Collects rejected records by partition. Records must be added after their transaction is committed. */
export class RejectionLog {
  readonly #pending = new Map<string, Pending>();

  constructor(
    private readonly report: (line: RejectedByDatabase) => void,
    private readonly now: () => number = Date.now,
  ) {}

  /** Adds a record. */
  add({ topic, partition }: TopicPartition, offset: number, text: string): void {
    const key = `${topic}[${partition}]`;
    let pending = this.#pending.get(key);
    if (!pending) {
      pending = { topic, partition, count: 0, examples: [], reportedAt: -Infinity };
      this.#pending.set(key, pending);
    }
    pending.count++;
    if (pending.examples.length < MAX_EXAMPLES) pending.examples.push({ offset, text });
  }

  /** Reports the records added since the last line, at most one line per interval and partition; `all` ignores the interval. */
  flush(all = false): void {
    const now = this.now();
    for (const pending of this.#pending.values()) {
      if (pending.count === 0 || (!all && now - pending.reportedAt < LOG_INTERVAL_MS)) continue;
      const { topic, partition, count, examples } = pending;
      this.report({ topic, partition, count, examples: examples.splice(0) });
      pending.count = 0;
      pending.reportedAt = now;
    }
  }
}
