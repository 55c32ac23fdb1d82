/**
 * What the services' metrics say, second by second.
 *
 * @module
 */
import { type MetricSample, sumOf } from "../../shared/observe/parse_metrics.ts";
import { type PartitionLag, type Sample, type ServiceStatus, unassignedPartitions } from "../protocol.ts";
import { quantile } from "./quantile.ts";
import { type Scrape, scrapeAll } from "./scrape.ts";

/** Looks over which latency quantiles are taken: batches are too few in one second. */
const LATENCY_LOOKS = 10;
/** A process that stopped answering is named this long; then it is taken to be gone for good, milliseconds. */
const FORGET_MS = 60_000;

const KINDS = ["consumer", "producer"] as const;

interface Counts {
  readonly produced: number;
  readonly stored: number;
  readonly rejected: number;
  /** Of the end-to-end latency: observations at or below each bound. */
  readonly latency: ReadonlyMap<number, number>;
}

interface Known {
  status: ServiceStatus;
  counts?: Counts;
  seen: number;
  /** When {@link counts} were read. */
  read: number;
}

type Ask = (urls: readonly string[]) => Promise<readonly Scrape[]>;

/** Remembers each process' last counts, and makes rates of them. */
export class ServicesPoller {
  readonly #known = new Map<string, Known>();
  readonly #latencies: Map<number, number>[] = [];

  /** @param urls as in `DASHBOARD_SERVICES` */
  constructor(private readonly urls: readonly string[], private readonly ask: Ask = scrapeAll) {}

  /** The processes, consumers first. */
  get status(): ServiceStatus[] {
    const order = (kind: ServiceStatus["kind"]) => ["consumer", "producer", "unknown"].indexOf(kind);
    return [...this.#known.values()].map(({ status }) => status)
      .sort((a, b) => order(a.kind) - order(b.kind) || a.name.localeCompare(b.name, "en", { numeric: true }));
  }

  /**
   * Asks all once. Never throws.
   *
   * @param now Unix milliseconds
   */
  async poll(now = Date.now()): Promise<Sample> {
    const rates = { produced: 0, stored: 0, rejected: 0 };
    const latency = new Map<number, number>();
    const scraped = await this.ask(this.urls);
    for (const one of scraped) {
      const before = this.#known.get(one.id);
      if (!one.samples) {
        this.#away(one, before, now);
        continue;
      }
      const counts = countsOf(one.samples);
      if (before?.counts) addRates(rates, latency, before.counts, counts, (now - before.read) / 1000);
      this.#known.set(one.id, { status: statusOf(one, one.samples), counts, seen: now, read: now });
    }
    // A name that no longer stands for an address: that process was scaled away.
    const ids = new Set(scraped.map(({ id }) => id));
    for (const id of [...this.#known.keys()]) if (!ids.has(id)) this.#known.delete(id);
    this.#latencies.push(latency);
    if (this.#latencies.length > LATENCY_LOOKS) this.#latencies.shift();
    return this.#sample(now / 1000, rates);
  }

  #away({ id, name, problem = "" }: Scrape, before: Known | undefined, now: number): void {
    const forgotten = before && now - before.seen > FORGET_MS;
    const kind = before && !forgotten ? before.status.kind : "unknown";
    const status = { name, kind, up: false, problem, missing: [], partitions: [] };
    // Counts are kept: a process that only was slow goes on from them.
    this.#known.set(id, {
      status,
      seen: before?.seen ?? now,
      read: before?.read ?? now,
      ...before?.counts && !forgotten ? { counts: before.counts } : {},
    });
  }

  #sample(
    time: number,
    { produced, stored, rejected }: Record<"produced" | "stored" | "rejected", number>,
  ): Sample {
    const up = this.status.filter(({ up }) => up);
    const consumers = up.filter(({ kind }) => kind === "consumer");
    const latency = new Map<number, number>();
    for (const one of this.#latencies) add(latency, one);
    const consuming = <T>(value: T) => consumers.length > 0 ? value : null;
    return [
      Math.round(time * 10) / 10,
      up.some(({ kind }) => kind === "producer") ? produced : null,
      consuming(stored),
      consuming(rejected),
      consuming(quantile(latency, 0.5)),
      consuming(quantile(latency, 0.99)),
      consuming(
        [...consumers.flatMap(({ partitions }) => partitions), ...unassignedPartitions(consumers)]
          .reduce((sum, { lag }) => sum + lag, 0),
      ),
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
    rates[name] += grown(before[name], now[name]) / seconds;
  }
  const restarted = [...now.latency].some(([bound, count]) => count < (before.latency.get(bound) ?? 0));
  for (const [bound, count] of now.latency) {
    const added = count - (restarted ? 0 : before.latency.get(bound) ?? 0);
    latency.set(bound, (latency.get(bound) ?? 0) + added);
  }
}

/** A counter that went down began anew at 0. */
const grown = (before: number, now: number) => now < before ? now : now - before;

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
