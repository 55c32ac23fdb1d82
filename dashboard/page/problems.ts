/**
 * Problems of the pipeline, as sentences for the page.
 *
 * @module
 */
import { type Status, unassignedPartitions } from "../protocol.ts";
import { formatCount, formatTime } from "./format.ts";

/** What failed, and its consequence or remedy. */
export interface Problem {
  readonly title: string;
  readonly text: string;
}

/** All problems, the most severe first. */
export function problemsOf(status: Status | undefined, connected: boolean): Problem[] {
  if (!connected) {
    return [{
      title: "The dashboard service is unreachable.",
      text: "The page shows the last known state. Reconnecting …",
    }];
  }
  if (!status) return [];
  const problems: Problem[] = [];
  const { database, services, lag } = status;
  if (database.state === "unavailable" || database.state === "error") {
    problems.push({
      title: `PostgreSQL ${database.state} since ${formatTime(database.since)}.`,
      text: `${database.message ?? ""} The rows shown were read before.`.trim(),
    });
  }
  const consumers = services.filter(({ kind }) => kind === "consumer");
  if (services.length > 0 && !consumers.some(({ up }) => up)) {
    problems.push({
      title: "No consumer is reachable.",
      text: `${waitingText(lag)} in Kafka and are stored when a consumer is running again.`,
    });
  }
  if (services.some(({ up, missing }) => up && missing.includes("kafka"))) {
    problems.push({
      title: "Kafka is unavailable.",
      text: "The services retry and resume at the last stored offset.",
    });
  }
  const unassigned = unassignedPartitions(services);
  if (unassigned.length > 0) {
    const names = unassigned.map(({ topic, partition }) => `${topic}[${partition}]`).join(", ");
    problems.push({
      title: "Some partitions are assigned to no consumer.",
      text: `${names}, lag ${formatCount(unassigned.reduce((sum, { lag }) => sum + lag, 0))}. ` +
        "The leader of the consumer group runs an earlier version: upgrade it, or use separate groups.",
    });
  }
  return problems;
}

const waitingText = ({ records, staleSince }: Status["lag"]): string =>
  records !== undefined && records > 1 && staleSince === undefined
    ? `${formatCount(records)} records wait`
    : "Records remain";

/** The text on an empty map. */
export function emptyText(status: Status | undefined, stream: string, table: string): string {
  switch (status?.database.state ?? "starting") {
    case "starting":
      return "Connecting to PostgreSQL …";
    case "error":
      return "PostgreSQL error; no data yet.";
    case "unavailable":
      return "PostgreSQL unavailable; no data yet.";
    case "ok":
      return status?.tables.find((one) => one.stream === stream)?.exists
        ? `No rows yet: table ${table} is empty. Rows appear here when the consumer commits them.`
        : `No rows yet: table ${table} does not exist. The consumer creates it at startup.`;
  }
}
