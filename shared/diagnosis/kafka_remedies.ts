/**
 * Remedies of requests that Kafka refuses for good.
 *
 * @see https://kafka.apache.org/protocol#protocol_error_codes
 * @module
 */

/** What to do about an error, by Kafka's name of it. The cause is the error's own message. */
export const KAFKA_REMEDIES: Readonly<Record<string, string>> = {
  CLUSTER_AUTHORIZATION_FAILED:
    "Grant the account what it needs on the cluster (IdempotentWrite, to produce).",
  UNSUPPORTED_VERSION: "The broker is too old or too new for this client: Kafka 2.1 to 4.x are supported.",
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
  UNSUPPORTED_COMPRESSION_TYPE: "Set PRODUCER_COMPRESSION to a codec that the broker has.",
  INVALID_TIMESTAMP:
    "The topic takes records of about its own time only: check this machine's clock, or raise the topic's message.timestamp limits.",
  INVALID_RECORD: "The topic refuses such records: a compacted one takes none without a key.",
  POLICY_VIOLATION:
    "The cluster's policy does not allow it: create the topic by hand, as its owner asks for.",
};
