/**
 * Checks of the account's Kafka ACLs.
 *
 * @module
 */
import { groupAccess, topicAccess } from "../../shared/diagnosis/kafka_access.ts";
import { combineOutcomes, diagnosed, ok, type Outcome } from "../check.ts";
import type { Context } from "../context.ts";
import type { Operation, TopicView } from "./metadata.ts";
import { ERROR_CODES, heartbeatRequest } from "./broker_connection.ts";

/**
 * Checks that the account has Read and Write on the topics. Since Kafka 3.0, idempotent writes require only Write. No transactional id is
 * used, because the transactions are PostgreSQL's.
 */
export function checkTopicAccess(context: Context): Outcome {
  const { topics, operations } = context.get("cluster");
  return combineOutcomes(
    topics.filter(({ error }) => error === ERROR_CODES.none).map((topic) =>
      topicAccessOutcome(topic, operations)
    ),
  );
}

/** The outcome for one topic. @param cluster the operations allowed on the cluster */
export function topicAccessOutcome(
  { topic, operations }: TopicView,
  cluster: ReadonlySet<Operation> | undefined,
): Outcome {
  if (operations === undefined) return ok(`${topic}: the broker does not report the account's operations`);
  const missing = (["Read", "Write"] as const).filter((operation) => !operations.has(operation));
  if (missing.length === 0) {
    return ok(
      `Read and Write allowed on ${topic}${
        cluster?.has("IdempotentWrite") ? "" : " (idempotent writes require Kafka 3.0 or later)"
      }`,
    );
  }
  return diagnosed(topicAccess(missing, topic));
}

/** Checks that the account has Read on the group. */
export async function checkGroupAccess(context: Context): Promise<Outcome> {
  const group = context.settings.CONSUMER_GROUP_ID;
  const { error } = await context.get("connection").request(heartbeatRequest(group));
  return error === ERROR_CODES.groupAuthorizationFailed
    ? diagnosed(groupAccess(group))
    : ok(`Read allowed on ${group}; no transactional id is used`);
}
