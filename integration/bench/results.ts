/**
 * Results of a benchmark, as written to JSON.
 *
 * @module
 */
import type { CopyLimits } from "./copy.ts";
import type { LatencyRun } from "./latency.ts";
import type { LatencyLimits } from "./latency_limits.ts";
import type { ProducerRun, ToolRun } from "./producing.ts";
import { median } from "./runs.ts";
import type { SinkRun } from "./sink.ts";
import type { Usage } from "./program.ts";

/** A change of one circumstance, and how the sink fared. */
export interface GrowthRuns {
  /** What changes, such as `rows in the table before`. */
  readonly what: string;
  readonly value: number;
  /** In the order in which they were measured. */
  readonly runs: readonly SinkRun[];
}

/** Everything; parts that were not asked for, or could not be measured, are missing. */
export interface Results {
  /** ISO 8601. */
  readonly date: string;
  readonly machine: {
    readonly cpus: number;
    readonly os: string;
    readonly deno: string;
    /** Load average over a minute when it began: how busy the machine was with other things. */
    readonly load: number;
  };
  readonly records: number;
  readonly partitions: number;
  /** A run each; each figure is the median of its own. */
  sink?: readonly SinkRun[];
  /** Runs with five times the records, for what a further million costs. */
  sinkLong?: readonly SinkRun[];
  /** Of a limit the fastest run. */
  copy?: CopyLimits;
  kafkajsReads?: Usage & { readonly load: number };
  producer?: readonly ProducerRun[];
  producerPerformance?: ToolRun;
  latency?: readonly LatencyRun[];
  latencyLimits?: LatencyLimits;
  growth?: readonly GrowthRuns[];
}

/** CPU seconds a million records. */
export const perMillion = ({ cpuSeconds, records }: { cpuSeconds: number; records: number }): number =>
  cpuSeconds / records * 1e6;

/** CPU seconds of each further million, between a short and a long run: without what a start costs. */
export const perFurtherMillion = (short: SinkRun, long: SinkRun): number =>
  (long.cpuSeconds - short.cpuSeconds) / (long.records - short.records) * 1e6;

/** Records a second from the first row on. */
export const rateOf = ({ drained, drainSeconds }: SinkRun): number => drained / drainSeconds;

/** The median of the rates of some runs. */
export const middleRate = (runs: readonly SinkRun[]): number => rateOf(median(runs, rateOf));
