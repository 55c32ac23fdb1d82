import { type MetricSample, sumOf } from "../../shared/observe/parse_metrics.ts";

/** A response of a service's `/metrics`. */
export class Metrics {
  constructor(private readonly samples: readonly MetricSample[]) {}

  /** Sum of all samples with this name and these labels; 0 if there are none. */
  sum(name: string, labels: Record<string, string> = {}): number {
    return sumOf(this.samples, name, labels);
  }

  has(name: string): boolean {
    return this.samples.some((sample) => sample.name === name);
  }
}
