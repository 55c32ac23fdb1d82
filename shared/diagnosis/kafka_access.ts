/**
 * Causes and remedies of missing Kafka ACLs.
 *
 * @module
 */
import type { Diagnosis } from "../errors.ts";

/**
 * Operations on a topic that the account is not allowed to perform.
 *
 * @param missing one or both operations
 * @param topic `undefined` if the error does not name it
 */
export function topicAccess(missing: readonly ("Read" | "Write")[], topic?: string): Diagnosis {
  const who = missing.map((operation) =>
    operation === "Read" ? "the consumer cannot read" : "the producer cannot write"
  );
  return {
    code: "TOPIC_AUTHORIZATION_FAILED",
    cause: `the account lacks ${missing.join(" and ")} on the topic${topic ? ` ${topic}` : ""}: ${
      who.join(", ")
    }`,
    remedy:
      `Grant ${
        missing.join(" and ")
      } (Aiven: console → Users → ACL: permission “consumeproduce”; elsewhere: kafka-acls --add ` +
      `--allow-principal User:… ${missing.map((operation) => `--operation ${operation}`).join(" ")} --topic ${
        topic ?? "…"
      }).`,
  };
}

/** A group that the account is not allowed to join. @param group `undefined` if the error does not name it */
export const groupAccess = (group?: string): Diagnosis => ({
  code: "GROUP_AUTHORIZATION_FAILED",
  cause: `the account lacks Read on the group${group ? ` ${group}` : ""}: the consumer cannot join it`,
  remedy:
    `Grant it (Aiven: an ACL with “consume” or “consumeproduce”; elsewhere: kafka-acls --add --allow-principal User:… ` +
    `--operation Read --group ${
      group ?? "…"
    }), or set CONSUMER_GROUP_ID to a group that the account is allowed to join.`,
});
