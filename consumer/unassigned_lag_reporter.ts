/**
 * Lag of partitions of subscribed topics that no member of the group consumes.
 *
 * Every subscriber reports the same partitions: aggregate with max, not sum.
 *
 * @module
 */
import type { ConsumerEmit } from "./events.ts";
import type { IsOwned } from "../shared/kafka/group/owners.ts";
import { unassignedLag } from "./metrics.ts";
import type { MonitorSources } from "./partition_monitor.ts";
import { partitionKey } from "../shared/schema/progress.ts";

/** What the reporter reads from Kafka and PostgreSQL. */
export interface UnassignedSources extends Pick<MonitorSources, "topics" | "watermarks" | "progress"> {
  /** `undefined` while the group rebalances. */
  owners(): Promise<IsOwned | undefined>;
}

/** Reports the lag of partitions without an owner. */
export class UnassignedLagReporter {
  /** The partitions in the last log line. */
  #logged = "";

  constructor(private readonly sources: UnassignedSources, private readonly emit: ConsumerEmit) {}

  /**
   * Updates the metrics. While the group rebalances it does nothing, since the owners are unknown.
   *
   * @throws {KafkaJSError} if a broker does not answer
   */
  async poll(): Promise<void> {
    const isOwned = await this.sources.owners();
    if (!isOwned) return;
    const topics = (await this.sources.topics()).filter(({ error }) => error === undefined);
    const unowned = topics.flatMap(({ name: topic, partitions }) =>
      partitions.filter(({ partition }) => !isOwned(topic, partition))
        .map(({ partition }) => ({ topic, partition }))
    );
    const lags = unowned.length === 0 ? [] : await this.#lags(topics, unowned);
    unassignedLag.reset();
    for (const { topic, partition, lag } of lags) unassignedLag.set({ topic, partition }, lag);
    this.#log(lags.map(partitionKey).join(" "), lags.reduce((sum, { lag }) => sum + lag, 0));
  }

  /** Partitions whose leader does not answer are left out. */
  async #lags(
    topics: Parameters<UnassignedSources["watermarks"]>[0],
    unowned: readonly { readonly topic: string; readonly partition: number }[],
  ) {
    const names = [...new Set(unowned.map(({ topic }) => topic))];
    const rows = await this.sources.progress(names);
    const stored = new Map(rows.map((row) => [partitionKey(row), row.nextOffset]));
    const watermarks = await this.sources.watermarks(topics.filter(({ name }) => names.includes(name)));
    return unowned.flatMap((at) => {
      const found = watermarks.get(at.topic)?.get(at.partition);
      if (!found) return [];
      return [{ ...at, lag: Math.max(0, found.high - (stored.get(partitionKey(at)) ?? found.low)) }];
    });
  }

  #log(partitions: string, lag: number): void {
    if (partitions === this.#logged) return;
    this.#logged = partitions;
    if (partitions !== "") this.emit("partitions_unassigned", { partitions, lag });
  }
}
