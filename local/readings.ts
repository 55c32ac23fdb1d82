import { type MetricSample, sumOf } from "../shared/observe/parse_metrics.ts";

/** Numbers of records since this start of the pipeline. */
export interface Totals {
  /** Sent by the producer and acknowledged by Kafka. */
  produced: number;
  stored: number;
  rejected: number;
  /** Deleted by retention before they were read. */
  lost: number;
}

/** State of the pipeline at one time. */
export interface Reading {
  /** Monotonic time, milliseconds. */
  at: number;
  totals: Totals;
  lag: number;
}

const RATE_WINDOW_MS = 5_000;

/** Totals of the last seconds and their rates. */
export class Readings {
  #window: Reading[] = [];

  /** The latest reading; all zero before the first. */
  get last(): Reading {
    return this.#window.at(-1) ?? { at: 0, totals: ZERO, lag: 0 };
  }

  /**
   * Adds a reading. Totals of a service whose metrics are `undefined` keep their values.
   *
   * @param at monotonic time, milliseconds
   */
  add(
    at: number,
    producer: readonly MetricSample[] | undefined,
    consumer: readonly MetricSample[] | undefined,
  ): void {
    const { totals, lag } = this.last;
    const outcome = (name: keyof Totals) =>
      consumer ? sumOf(consumer, "consumer_records_total", { outcome: name }) : totals[name];
    this.#add({
      at,
      totals: {
        produced: producer ? sumOf(producer, "producer_records_sent_total") : totals.produced,
        stored: outcome("stored"),
        rejected: outcome("rejected"),
        lost: outcome("lost"),
      },
      lag: consumer ? sumOf(consumer, "consumer_lag_records") : lag,
    });
  }

  /** Corrects totals with offsets read from the servers. */
  correct(at: number, produced: number, lag: number): void {
    this.#add({ at, totals: { ...this.last.totals, produced }, lag });
  }

  /** Records per second. */
  rate(of: keyof Totals): number {
    const [first] = this.#window;
    const { at, totals } = this.last;
    return first && at > first.at ? (totals[of] - first.totals[of]) / (at - first.at) * 1000 : 0;
  }

  #add(reading: Reading): void {
    const recent = this.#window.findLastIndex(({ at }) => at <= reading.at - RATE_WINDOW_MS);
    this.#window = [...this.#window.slice(Math.max(0, recent)), reading];
  }
}

const ZERO: Totals = { produced: 0, stored: 0, rejected: 0, lost: 0 };
