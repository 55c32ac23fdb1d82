/**
 * What is not as it should be, in sentences.
 *
 * @module
 */
import { type Status, unassignedPartitions } from "../protocol.ts";
import { clock, count } from "./format.ts";

/** One thing that is wrong, and what follows from it. */
export interface Problem {
  readonly title: string;
  readonly text: string;
}

/** All that is wrong, the worst first. */
export function problemsOf(status: Status | undefined, connected: boolean): Problem[] {
  if (!connected) {
    return [{
      title: "The dashboard's own service does not answer.",
      text: "What is shown is from before. Trying again until it does.",
    }];
  }
  if (!status) return [];
  const problems: Problem[] = [];
  const { database, services } = status;
  if (database.state === "away" || database.state === "refused") {
    const refused = database.state === "refused";
    problems.push({
      title: `PostgreSQL ${refused ? "refuses" : "does not answer"} since ${clock(database.since)}.`,
      text: `${database.message ?? ""} Rows that are shown were read before.`.trim(),
    });
  }
  const consumers = services.filter(({ kind }) => kind === "consumer");
  if (services.length > 0 && !consumers.some(({ up }) => up)) {
    problems.push({
      title: "No consumer answers.",
      text: "Records wait in Kafka until one is back; none is lost meanwhile.",
    });
  }
  const waiting = [...new Set(services.filter(({ up }) => up).flatMap(({ missing }) => missing))];
  if (waiting.includes("kafka")) {
    problems.push({
      title: "Kafka does not answer the services.",
      text: "They wait, and go on where they were.",
    });
  }
  const unassigned = unassignedPartitions(services);
  if (unassigned.length > 0) {
    const names = unassigned.map(({ topic, partition }) => `${topic}[${partition}]`).join(", ");
    problems.push({
      title: "Partitions are assigned to no consumer that subscribes to them.",
      text: `${names}, lag ${count(unassigned.reduce((sum, { lag }) => sum + lag, 0))}. ` +
        "The group's leader is of an earlier version: upgrade it, or give it a group of its own.",
    });
  }
  return problems;
}

/** What stands on an empty map. `undefined`: nothing does. */
export function emptyText(status: Status | undefined, stream: string, table: string): string | undefined {
  if (!status || status.database.state === "starting") return "Connecting to PostgreSQL …";
  if (status.database.state === "refused") return "PostgreSQL refuses, and nothing was read before.";
  if (status.database.state === "away") return "PostgreSQL does not answer, and nothing was read before.";
  const found = status.tables.find((one) => one.stream === stream);
  return found?.exists
    ? `Nothing yet: the table ${table} has no rows. They appear here as soon as the consumer commits some.`
    : `Nothing yet: there is no table ${table}. The consumer creates it when it starts.`;
}
