/**
 * The consumer's periodic summary line, computed from its metrics.
 *
 * @module
 */
import type { ConsumerEmit } from "./events.ts";
import { lag, records, unassignedLag } from "./metrics.ts";

const sum = (values: readonly { value: number }[]) => values.reduce((total, { value }) => total + value, 0);

/** Records stored and rejected since the start of the process. */
export async function readTotals(): Promise<{ stored: number; rejected: number }> {
  const { values } = await records.get();
  const of = (outcome: string) => sum(values.filter(({ labels }) => labels.outcome === outcome));
  return { stored: of("stored"), rejected: of("rejected") };
}

/** Emits a summary every `seconds` until it is disposed of. */
export function startSummary(seconds: number, emit: ConsumerEmit): Disposable {
  let before = 0;
  const timer = setInterval(async () => {
    const { stored, rejected } = await readTotals();
    const rate = (stored - before) / seconds;
    before = stored;
    emit("summary", { stored, rejected, rate, ...await readLag() });
  }, seconds * 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** `lag` is `undefined`, and not 0, while no lag has been reported: the consumer may have no partitions yet. */
async function readLag(): Promise<{ lag: number | undefined; unassigned?: number }> {
  const { values } = await lag.get();
  const { values: unassigned } = await unassignedLag.get();
  return {
    lag: values.length > 0 ? sum(values) : undefined,
    ...unassigned.length > 0 && { unassigned: sum(unassigned) },
  };
}
