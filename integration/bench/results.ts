/**
 * Results of a benchmark, as written to JSON.
 *
 * @module
 */
import type { ConsumerRun } from "./consumer_run.ts";
import type { CopyBaselines } from "./copy_baselines.ts";
import type { FormatRuns } from "./formats.ts";
import type { LatencyRun } from "./latency.ts";
import type { LatencyBaselines } from "./latency_baselines.ts";
import type { ProducerPerformanceRun, ProducerRun } from "./producer_run.ts";
import type { Usage } from "./program.ts";
import { median } from "./runs.ts";
import type { UpsertSeries } from "./upsert.ts";

/** Runs of the consumer with one value of a workload's parameter. */
export interface WorkloadRuns {
  /** The parameter, for example `rows already in the table`. */
  readonly workload: string;
  readonly value: number;
  /** In chronological order. */
  readonly runs: readonly ConsumerRun[];
}

/** Parts that were not selected, or could not be measured, are missing. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: {
    readonly cpus: number;
    readonly os: string;
    readonly deno: string;
    /** Load average over one minute, before the benchmark. */
    readonly load: number;
  };
  readonly records: number;
  readonly partitions: number;
  /** All runs of the consumer. Reports show the median of each quantity. */
  sink?: readonly ConsumerRun[];
  /** Runs with five times as many records, for the cost per additional million. */
  sinkLong?: readonly ConsumerRun[];
  /** Of each baseline, the fastest run. */
  copy?: CopyBaselines;
  kafkajsConsumer?: Usage & { readonly load: number };
  producer?: readonly ProducerRun[];
  producerPerformance?: ProducerPerformanceRun;
  latency?: readonly LatencyRun[];
  latencyBaselines?: LatencyBaselines;
  growth?: readonly WorkloadRuns[];
  upsert?: readonly UpsertSeries[];
  /** Of the parts `layouts`, `types` and `json`. */
  formats?: readonly FormatRuns[];
}

/** CPU seconds per million records. */
export const cpuPerMillion = ({ cpuSeconds, records }: { cpuSeconds: number; records: number }): number =>
  cpuSeconds / records * 1e6;

/** CPU seconds per additional million records of a longer run. The difference of two runs excludes the cost of the start. */
export const cpuPerAdditionalMillion = (short: ConsumerRun, long: ConsumerRun): number =>
  (long.cpuSeconds - short.cpuSeconds) / (long.records - short.records) * 1e6;

/** Records per second, from the first row on. */
export const rateFromFirstRow = ({ drained, drainSeconds }: ConsumerRun): number => drained / drainSeconds;

export const medianRateFromFirstRow = (runs: readonly ConsumerRun[]): number =>
  rateFromFirstRow(median(runs, rateFromFirstRow));
