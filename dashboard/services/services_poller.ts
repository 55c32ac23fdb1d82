/**
 * Polls the metrics of the services and derives rates and latency.
 *
 * @module
 */
import { type MetricSample, sumOf } from "../../shared/observe/parse_metrics.ts";
import type { PartitionLag, ServicesSample, ServiceStatus } from "../protocol.ts";
import { quantile } from "./quantile.ts";
import { type Scrape, scrapeAll } from "./scrape.ts";

/** Polls over which latency quantiles are computed: one second has too few batches. */
const LATENCY_POLLS = 10;
/** How long the kind and the counters of an unreachable process are kept. */
const FORGET_MS = 60_000;

const KINDS = ["consumer", "producer"] as const;

interface Counts {
  readonly produced: number;
  readonly stored: number;
  readonly rejected: number;
  /** Buckets of the end-to-end latency. */
  readonly latency: ReadonlyMap<number, number>;
}

interface Process {
  status: ServiceStatus;
  counts?: Counts;
  /** Time of the last successful scrape, Unix ms. */
  seenAt: number;
  /** Time when {@link counts} were read. */
  countsAt: number;
}

type ScrapeAll = (urls: readonly string[]) => Promise<readonly Scrape[]>;

export class ServicesPoller {
  readonly #processes = new Map<string, Process>();
  readonly #latencies: Map<number, number>[] = [];

  /** @param urls as in `DASHBOARD_SERVICES` */
  constructor(private readonly urls: readonly string[], private readonly scrape: ScrapeAll = scrapeAll) {}

  /** The processes, consumers first. */
  get status(): ServiceStatus[] {
    const order = (kind: ServiceStatus["kind"]) => ["consumer", "producer", "unknown"].indexOf(kind);
    return [...this.#processes.values()].map(({ status }) => status)
      .sort((a, b) => order(a.kind) - order(b.kind) || a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /**
   * Scrapes all services once. Never throws.
   *
   * @param now Unix milliseconds
   */
  async poll(now = Date.now()): Promise<ServicesSample> {
    const rates = { produced: 0, stored: 0, rejected: 0 };
    const latency = new Map<number, number>();
    const scraped = await this.scrape(this.urls);
    for (const one of scraped) {
      const before = this.#processes.get(one.id);
      if (!one.samples) {
        this.#setUnreachable(one, before, now);
        continue;
      }
      const counts = countsOf(one.samples);
      if (before?.counts) addRates(rates, latency, before.counts, counts, (now - before.countsAt) / 1000);
      this.#processes.set(one.id, { status: statusOf(one, one.samples), counts, seenAt: now, countsAt: now });
    }
    // The host name no longer resolves to the address: the service was scaled down.
    const ids = new Set(scraped.map(({ id }) => id));
    for (const id of [...this.#processes.keys()]) if (!ids.has(id)) this.#processes.delete(id);
    this.#latencies.push(latency);
    if (this.#latencies.length > LATENCY_POLLS) this.#latencies.shift();
    return this.#sample(now / 1000, rates);
  }

  #setUnreachable({ id, name, problem = "" }: Scrape, before: Process | undefined, now: number): void {
    const isForgotten = before && now - before.seenAt > FORGET_MS;
    const kind = before && !isForgotten ? before.status.kind : "unknown";
    const status = { name, kind, up: false, problem, missing: [], partitions: [] };
    // Keeps the counters: a process that was only slow continues from them.
    this.#processes.set(id, {
      status,
      seenAt: before?.seenAt ?? now,
      countsAt: before?.countsAt ?? now,
      ...before?.counts && !isForgotten ? { counts: before.counts } : {},
    });
  }

  #sample(
    time: number,
    { produced, stored, rejected }: Record<"produced" | "stored" | "rejected", number>,
  ): ServicesSample {
    const up = this.status.filter(({ up }) => up);
    const consumers = up.filter(({ kind }) => kind === "consumer");
    const latency = new Map<number, number>();
    for (const one of this.#latencies) add(latency, one);
    const ifConsuming = <T>(value: T) => consumers.length > 0 ? value : null;
    return [
      Math.round(time * 10) / 10,
      up.some(({ kind }) => kind === "producer") ? produced : null,
      ifConsuming(stored),
      ifConsuming(rejected),
      ifConsuming(quantile(latency, 0.5)),
      ifConsuming(quantile(latency, 0.99)),
    ];
  }
}

function countsOf(samples: readonly MetricSample[]): Counts {
  const latency = new Map<number, number>();
  for (const { name, labels, value } of samples) {
    if (name !== "consumer_end_to_end_latency_seconds_bucket") continue;
    const bound = labels["le"] === "+Inf" ? Infinity : Number(labels["le"]);
    latency.set(bound, (latency.get(bound) ?? 0) + value);
  }
  return {
    produced: sumOf(samples, "producer_records_sent_total"),
    stored: sumOf(samples, "consumer_records_total", { outcome: "stored" }),
    rejected: sumOf(samples, "consumer_records_total", { outcome: "rejected" }),
    latency,
  };
}

function addRates(
  rates: Record<"produced" | "stored" | "rejected", number>,
  latency: Map<number, number>,
  before: Counts,
  now: Counts,
  seconds: number,
): void {
  if (!(seconds > 0)) return;
  for (const name of ["produced", "stored", "rejected"] as const) {
    rates[name] += increase(before[name], now[name]) / seconds;
  }
  const restarted = [...now.latency].some(([bound, count]) => count < (before.latency.get(bound) ?? 0));
  for (const [bound, count] of now.latency) {
    const added = count - (restarted ? 0 : before.latency.get(bound) ?? 0);
    latency.set(bound, (latency.get(bound) ?? 0) + added);
  }
}

/** The increase of a counter; one that decreased was reset to 0. */
const increase = (before: number, now: number) => now < before ? now : now - before;

const add = (sum: Map<number, number>, more: ReadonlyMap<number, number>) => {
  for (const [bound, count] of more) sum.set(bound, (sum.get(bound) ?? 0) + count);
};

function statusOf({ name }: Scrape, samples: readonly MetricSample[]): ServiceStatus {
  const kind = KINDS.find((kind) => samples.some((sample) => sample.name.startsWith(`${kind}_`))) ??
    "unknown";
  const missing = samples.filter((sample) => sample.name === `${kind}_server_up` && sample.value === 0)
    .map(({ labels }) => labels["server"] ?? "");
  const partitions = lagsOf(samples, "consumer_lag_records");
  const unassigned = lagsOf(samples, "consumer_unassigned_lag_records");
  return { name, kind, up: true, missing, partitions, ...unassigned.length > 0 && { unassigned } };
}

const lagsOf = (samples: readonly MetricSample[], metric: string): PartitionLag[] =>
  samples.filter(({ name }) => name === metric)
    .map(({ labels, value }) => ({
      topic: labels["topic"] ?? "",
      partition: Number(labels["partition"]),
      lag: value,
    }))
    .sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
