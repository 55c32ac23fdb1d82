import { type MetricSample, sumOf } from "../../shared/observe/parse_metrics.ts";

/** What a service's `/metrics` said at one moment. */
export class Metrics {
  constructor(private readonly samples: readonly MetricSample[]) {}

  /** The sum of all samples of a name that have these labels; 0 when there is none. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return sumOf(this.samples, name, labels);
  }

  /** Whether there is a metric of this name. */
  has(name: string): boolean {
    return this.samples.some((sample) => sample.name === name);
  }
}
