/**
 * Checks of what the account may do in Kafka.
 *
 * @module
 */
import { groupAccess, topicAccess } from "../../shared/diagnosis/kafka_access.ts";
import { diagnosed, ok, type Outcome, together } from "../check.ts";
import type { Context } from "../context.ts";
import type { Operation, TopicView } from "./metadata.ts";
import { CODES, strayHeartbeat } from "./wire.ts";

/**
 * Whether the account may read and write the topics. Writing idempotently needs no more than Write since Kafka 3.0, and no
 * transactional id is used: transactions are PostgreSQL's.
 */
export function checkTopicAccess(context: Context): Outcome {
  const { topics, operations } = context.get("cluster");
  return together(
    topics.filter(({ error }) => error === CODES.none).map((topic) => access(topic, operations)),
  );
}

/** What the account may do with a topic. */
export function access(
  { topic, operations }: TopicView,
  cluster: ReadonlySet<Operation> | undefined,
): Outcome {
  if (operations === undefined) return ok(`${topic}: the broker does not say what the account may do`);
  const missing = (["Read", "Write"] as const).filter((operation) => !operations.has(operation));
  if (missing.length === 0) {
    return ok(
      `may read and write ${topic}${
        cluster?.has("IdempotentWrite") ? "" : " (idempotently: Kafka 3.0 and later)"
      }`,
    );
  }
  return diagnosed(topicAccess(missing, topic));
}

/** Whether the account may be a member of the group. */
export async function checkGroupAccess(context: Context): Promise<Outcome> {
  const group = context.settings.CONSUMER_GROUP_ID;
  const { error } = await context.get("wire").request(strayHeartbeat(group));
  return error === CODES.groupAuthorizationFailed
    ? diagnosed(groupAccess(group))
    : ok(`may join ${group}; no transactional id is used, so none needs a right`);
}
