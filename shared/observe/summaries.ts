/**
 * Periodic summaries of a service's work.
 *
 * @module
 */

/** Where summaries come from and go to. `T`: totals since the start of the process. */
export interface SummaryOptions<T> {
  readonly read: () => Promise<T>;
  /** The total of which the rate is computed. */
  readonly countOf: (totals: T) => number;
  /** @param summary with the rate since the previous interval, per second */
  readonly emit: (summary: T & { rate: number }) => void;
}

/**
 * Emits a summary every `seconds` until it is disposed of, unless it is the same as the last one: while a service is idle, one summary has
 * the rate 0, and no more follow.
 */
export function startSummaries<T extends object>(
  seconds: number,
  { read, countOf, emit }: SummaryOptions<T>,
): Disposable {
  let count = 0;
  let last = "";
  const timer = setInterval(async () => {
    const totals = await read();
    const summary = { ...totals, rate: (countOf(totals) - count) / seconds };
    count = countOf(totals);
    const text = JSON.stringify(summary);
    if (text !== last) emit(summary);
    last = text;
  }, seconds * 1000);
  return { [Symbol.dispose]: () => clearInterval(timer) };
}

/** A rate for a message: `100/s`, `0.1/s`, or `idle` if no records are `pending`. */
export function rateText(rate: number, pending: number | undefined): string {
  if (rate === 0 && pending === 0) return "idle";
  return `${rate < 0.95 ? Number(rate.toPrecision(1)) : Math.round(rate)}/s`;
}
