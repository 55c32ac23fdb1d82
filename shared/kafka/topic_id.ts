/**
 * Topic ids (KIP-516): 128-bit ids that distinguish a recreated topic from the deleted one.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/**
 * Converts a topic id to the format of PostgreSQL's type `uuid`.
 *
 * @param id in the format of Kafka's tools: 22 characters of URL-safe Base64
 * @throws {RangeError} if the length is wrong
 * @see https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/Uuid.java
 */
export function topicIdToUuid(id: string): string {
  const hex = Buffer.from(id, "base64url").toString("hex");
  if (hex.length !== 32) throw new RangeError(`"${id}" is not a topic id`);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The inverse of {@link topicIdToUuid}. */
export const uuidToTopicId = (uuid: string): string =>
  Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
