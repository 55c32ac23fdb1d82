/**
 * Reads the metrics that the services register.
 *
 * @module
 */
import { join } from "node:path";
import { Registry } from "prom-client";
import { Availability } from "../../../shared/observe/availability.ts";
import { PROJECT } from "../../harness/project.ts";

/** A metric as declared. */
export interface DeclaredMetric {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
  readonly help: string;
}

/** A metric of prom-client, whose declarations lack the names of the labels. */
type Registered = Omit<DeclaredMetric, "labels"> & { readonly labelNames: readonly string[] };

const SERVICES = {
  consumer: ["Kafka", "PostgreSQL"],
  producer: ["Kafka"],
  dashboard: ["PostgreSQL"],
} as const;

/** The metrics of all services, in the order of their declaration. Those that several services have occur once. */
export async function readMetrics(): Promise<DeclaredMetric[]> {
  const metrics = new Map<string, DeclaredMetric>();
  for (const [service, servers] of Object.entries(SERVICES)) {
    // By path, since integration/ imports no program: here only declarations are read.
    const { registry }: { registry: Registry } = await import(join(PROJECT, service, "metrics.ts"));
    const others = new Registry();
    new Availability(service, servers, () => {}, others);
    for (const metric of [...registry.getMetricsAsArray(), ...others.getMetricsAsArray()]) {
      const { name, type, help, labelNames } = metric as unknown as Registered;
      metrics.set(name, { name, type, labels: labelNames, help });
    }
  }
  return [...metrics.values()];
}
