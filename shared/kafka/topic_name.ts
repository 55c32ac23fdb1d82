/**
 * Names of topics.
 *
 * @see Kafka's org.apache.kafka.common.internals.Topic#validate
 * @module
 */

/** The remedy of a name that Kafka does not allow. */
export const TOPIC_NAME_REMEDY = "Write 1 to 249 letters (a to z), digits, dots, underscores and hyphens.";

/** Whether Kafka allows the name of a topic. */
export const isTopicName = (name: string): boolean =>
  /^[a-zA-Z0-9._-]{1,249}$/.test(name) && name !== "." && name !== "..";
