/**
 * Causes and remedies of operations that an account is not allowed to do in Kafka.
 *
 * @module
 */
import type { Diagnosis } from "../errors.ts";

/**
 * Operations on a topic that the account may not do.
 *
 * @param missing at least one
 * @param topic `undefined`: the error does not name it
 */
export function topicAccess(missing: readonly ("Read" | "Write")[], topic?: string): Diagnosis {
  const who = missing.map((operation) =>
    operation === "Read" ? "the consumer can't read" : "the producer can't write"
  );
  return {
    code: "TOPIC_AUTHORIZATION_FAILED",
    cause: `the account may not ${missing.join(" or ")} on the topic${topic ? ` ${topic}` : ""}: ${
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

/** A group that the account may not be a member of. @param group `undefined`: the error does not name it */
export const groupAccess = (group?: string): Diagnosis => ({
  code: "GROUP_AUTHORIZATION_FAILED",
  cause: `the account may not Read in the group${group ? ` ${group}` : ""}: the consumer can't join it`,
  remedy:
    `Grant it (Aiven: an ACL with “consume” or “consumeproduce”; elsewhere: kafka-acls --add --allow-principal User:… ` +
    `--operation Read --group ${group ?? "…"}), or set CONSUMER_GROUP_ID to a group that it may join.`,
});
