/**
 * The consumer's periodic summary line, computed from its metrics.
 *
 * @module
 */
import { startSummaries } from "../shared/observe/summaries.ts";
import type { ConsumerEmit } from "./events.ts";
import { lag, records, unassignedLag } from "./metrics.ts";

const sum = (values: readonly { value: number }[]) => values.reduce((total, { value }) => total + value, 0);

/** Records stored and rejected since the start of the process. */
export async function readTotals(): Promise<{ stored: number; rejected: number }> {
  const { values } = await records.get();
  const of = (outcome: string) => sum(values.filter(({ labels }) => labels.outcome === outcome));
  return { stored: of("stored"), rejected: of("rejected") };
}

/** Emits summaries until it is disposed of: see {@link startSummaries}. */
export const startSummary = (seconds: number, emit: ConsumerEmit): Disposable =>
  startSummaries(seconds, {
    read: async () => ({ ...await readTotals(), ...await readLag() }),
    countOf: ({ stored }) => stored,
    // While the lag is unknown, the consumer has no partitions, or has just been assigned them.
    emit: (summary) => (summary.rate > 0 || summary.lag !== undefined) && emit("summary", summary),
  });

/** `lag` is `undefined`, and not 0, while no lag has been reported: the consumer may have no partitions yet. */
async function readLag(): Promise<{ lag: number | undefined; unassigned?: number }> {
  const { values } = await lag.get();
  const { values: unassigned } = await unassignedLag.get();
  return {
    lag: values.length > 0 ? sum(values) : undefined,
    ...unassigned.length > 0 && { unassigned: sum(unassigned) },
  };
}
