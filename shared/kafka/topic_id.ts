/**
 * Topic ids (KIP-516): 128 bits that distinguish a topic from one of the same name that was deleted.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/**
 * A topic id as PostgreSQL's type `uuid` prints it.
 *
 * @param id as Kafka's tools print it: 22 characters of URL-safe Base64
 * @see https://github.com/apache/kafka/blob/trunk/clients/src/main/java/org/apache/kafka/common/Uuid.java
 */
export function topicIdToUuid(id: string): string {
  const hex = Buffer.from(id, "base64url").toString("hex");
  if (hex.length !== 32) throw new RangeError(`"${id}" is not a topic id`);
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A topic id as Kafka's tools print it, from PostgreSQL's type `uuid`. */
export const uuidToTopicId = (uuid: string): string =>
  Buffer.from(uuid.replaceAll("-", ""), "hex").toString("base64url");
