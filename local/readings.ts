import { type MetricSample, sumOf } from "../shared/observe/parse_metrics.ts";

/** Records since this start of the pipeline, in numbers. */
export interface Totals {
  /** Sent by the producer and acknowledged by Kafka. */
  produced: number;
  /** Rows in the tables. */
  stored: number;
  /** In quarantine. */
  rejected: number;
  /** Expired in Kafka before they were read. */
  lost: number;
}

/** What the pipeline does, as of one moment. */
export interface Reading {
  /** Milliseconds, of a clock that does not jump. */
  at: number;
  totals: Totals;
  /** Records in Kafka that are not stored or rejected yet. */
  lag: number;
}

/** Milliseconds over which rates are taken. */
const RATE_WINDOW_MS = 5_000;

/** Follows totals over time and knows their rates. */
export class Readings {
  #window: Reading[] = [];

  /** The latest; nothing produced before the first. */
  get last(): Reading {
    return this.#window.at(-1) ?? { at: 0, totals: NOTHING, lag: 0 };
  }

  /**
   * Adds a reading. A page that could not be had leaves its numbers as they were.
   *
   * @param at Milliseconds.
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

  /** Corrects the latest reading by what is known better. */
  correct(at: number, produced: number, lag: number): void {
    this.#add({ at, totals: { ...this.last.totals, produced }, lag });
  }

  /** Records a second, over the last seconds. */
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

const NOTHING: Totals = { produced: 0, stored: 0, rejected: 0, lost: 0 };
