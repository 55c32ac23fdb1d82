/**
 * Remedies of permanent Kafka errors.
 *
 * @see https://kafka.apache.org/protocol#protocol_error_codes
 * @module
 */

/** By Kafka's name of the error. The cause is the error's own message. */
export const KAFKA_REMEDIES: Readonly<Record<string, string>> = {
  CLUSTER_AUTHORIZATION_FAILED:
    "Grant the account IdempotentWrite on the cluster (needed to produce before Kafka 3.0).",
  UNSUPPORTED_VERSION: "The broker is too old or too new: Kafka 2.1 to 4.x are supported.",
  INVALID_REPLICATION_FACTOR: "Set KAFKA_TOPIC_REPLICATION_FACTOR to at most the number of brokers.",
  INCONSISTENT_GROUP_PROTOCOL:
    "Other clients use this group with an assignor or protocol that is neither range nor RoundRobinAssigner: set CONSUMER_GROUP_ID to " +
    "a group that only this consumer uses, or add RangeAssignor to their partition.assignment.strategy.",
  GROUP_MAX_SIZE_REACHED:
    "Run fewer consumers in the group, CONSUMER_GROUP_ID, or raise the broker's group.max.size.",
  INVALID_GROUP_ID: "Set CONSUMER_GROUP_ID to another name.",
  FENCED_INSTANCE_ID:
    "Another client uses the group, CONSUMER_GROUP_ID, as the same static member: give it a group.instance.id of its own.",
  INVALID_SESSION_TIMEOUT:
    "Set CONSUMER_SESSION_TIMEOUT_MS within the broker's group.min/max.session.timeout.ms.",
  MESSAGE_TOO_LARGE:
    "Lower PRODUCER_BATCH_RECORDS, or raise the topic's max.message.bytes (the service's kafka.message_max_bytes).",
  RECORD_LIST_TOO_LARGE: "Lower PRODUCER_BATCH_RECORDS, or raise the topic's segment.bytes.",
  UNSUPPORTED_COMPRESSION_TYPE: "Set PRODUCER_COMPRESSION to a codec that the broker supports.",
  INVALID_TIMESTAMP:
    "The topic limits the difference between a record's timestamp and the broker's clock: check this machine's clock, or raise the topic's message.timestamp limits.",
  INVALID_RECORD: "The topic does not accept such records: a compacted topic requires a key.",
  POLICY_VIOLATION:
    "The cluster's policy does not allow it: create the topic manually, as the policy requires.",
};
