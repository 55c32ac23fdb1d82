/**
 * Reads for the monitor and for the end of a bounded run, from Kafka and PostgreSQL.
 *
 * @module
 */
import type { KafkaCluster } from "../shared/kafka/cluster.ts";
import { fetchTopics } from "../shared/kafka/metadata.ts";
import { fetchWatermarks } from "../shared/kafka/watermarks.ts";
import type { CatchUpSources } from "./catch_up.ts";
import type { Database } from "./store/database.ts";
import type { MonitoredConsumer, MonitorSources } from "./partition_monitor.ts";
import { adoptTopicIds, partitionKey, readProgress, readTopicProgress } from "../shared/schema/progress.ts";

export interface SourceOptions {
  readonly cluster: KafkaCluster;
  readonly database: Database;
  readonly group: string;
  /** The subscribed topics. */
  readonly topics: readonly string[];
}

/** Sources of the monitor. */
export const monitorSources = ({ cluster, database, group, topics }: SourceOptions): MonitorSources => ({
  topics: () => fetchTopics(cluster, topics),
  watermarks: (metadata) => fetchWatermarks(cluster, metadata),
  progress: (topics) =>
    database.run("Cannot read consumer_progress", (client) => readTopicProgress(client, group, topics)),
  adopt: (ids) =>
    database.run("Cannot update consumer_progress", (client) => adoptTopicIds(client, group, ids)),
});

/** Sources of {@link catchUp}; `consumer` is the consumer of this process. */
export const catchUpSources = (
  options: SourceOptions,
  consumer: Pick<MonitoredConsumer, "positions">,
): CatchUpSources => ({
  ...monitorSources(options),
  progress: (partitions) =>
    options.database.run(
      "Cannot read consumer_progress",
      (client) => readProgress(client, options.group, partitions),
    ),
  stored: () => new Map(consumer.positions.map((at) => [partitionKey(at), at.storedOffset])),
});
