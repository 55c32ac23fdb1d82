/**
 * Failures of Kafka by class: what passes by itself, and what needs a person.
 *
 * @module
 */
import { codeOf, messageOf, PermanentError, TransientError } from "../errors.ts";
import { sentences } from "../diagnosis/diagnosis.ts";
import { diagnoseNetwork, KAFKA_NAMES } from "../diagnosis/network.ts";
import { diagnoseTls } from "../diagnosis/tls.ts";
import type { KafkaSettings } from "./connection.ts";

/** Kafka's error types (kafkajs' `type`) that trying again does not mend, with the remedy. */
const PERMANENT: Readonly<Record<string, string>> = {
  TOPIC_AUTHORIZATION_FAILED:
    "Grant the account Describe, Read and Write on the topic (Create, to have it created).",
  GROUP_AUTHORIZATION_FAILED: "Grant the account Read on the group, CONSUMER_GROUP_ID.",
  CLUSTER_AUTHORIZATION_FAILED:
    "Grant the account what it needs on the cluster (IdempotentWrite, to produce).",
  SASL_AUTHENTICATION_FAILED:
    "Check KAFKA_SASL_PLAIN_USERNAME, KAFKA_SASL_PLAIN_PASSWORD and KAFKA_SASL_MECHANISM.",
  UNSUPPORTED_SASL_MECHANISM: "Set KAFKA_SASL_MECHANISM to one that the broker offers.",
  ILLEGAL_SASL_STATE: "Is this the broker's SASL port? Check KAFKA_SECURITY_PROTOCOL and the port.",
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

/** An error of kafkajs, with what it keeps beside the message. */
interface KafkaJSError extends Error {
  type?: string;
  retriable?: boolean;
  broker?: string;
  host?: string;
  port?: number;
}

/** The error with its causes and the errors that it aggregates, outermost first. kafkajs wraps errors that were retried in vain. */
function* chain(error: unknown): Generator<KafkaJSError> {
  for (let at = error; at instanceof Error; at = at.cause) {
    yield at as KafkaJSError;
    for (const inner of (at as { errors?: readonly unknown[] }).errors ?? []) yield* chain(inner);
  }
}

/** What a connection that was closed at once may mean; Kafka itself says nothing. */
const CLOSED: Readonly<Record<KafkaSettings["KAFKA_SECURITY_PROTOCOL"], string>> = {
  PLAINTEXT:
    "If it goes on: a port that wants TLS or SASL closes plain connections. Check KAFKA_SECURITY_PROTOCOL and the port.",
  SSL:
    "If it goes on: a port that wants SASL closes connections without it. Check the port, or set KAFKA_SECURITY_PROTOCOL=SASL_SSL.",
  SASL_PLAINTEXT:
    "If it goes on: a port that wants TLS, or no SASL, closes the connection. Check KAFKA_SECURITY_PROTOCOL and the port.",
  SASL_SSL:
    "If it goes on: a port that wants a client certificate and no SASL closes the connection. Check the port, or set KAFKA_SECURITY_PROTOCOL=SSL.",
};

/**
 * A failure of kafkajs as one of ours: {@link PermanentError} where a person has to mend something, else {@link TransientError}.
 *
 * @param action what could not be done, such as "Cannot connect to Kafka at kafka:9092"
 */
export function kafkaError(
  action: string,
  error: unknown,
  settings: KafkaSettings,
): PermanentError | TransientError {
  if (error instanceof PermanentError || error instanceof TransientError) return error;
  for (const at of chain(error)) {
    const say = (why: string, remedy: string) => `${action}: ${why.replace(/\.$/, "")}. ${remedy}`;
    const remedy = at.type === undefined ? undefined : PERMANENT[at.type];
    if (remedy !== undefined) return new PermanentError(say(at.message, remedy), { cause: error });
    if (at.name === "KafkaJSSASLAuthenticationError") {
      return new PermanentError(say(at.message, PERMANENT["SASL_AUTHENTICATION_FAILED"]!), { cause: error });
    }
    const broker = at.broker ?? (at.host === undefined ? undefined : `${at.host}:${at.port}`);
    const tls = diagnoseTls(codeOf(at), "KAFKA_SSL_CAFILE", "KAFKA_SSL_CERTFILE");
    if (tls !== undefined) {
      return new PermanentError(`${action}${broker ? ` (broker ${broker})` : ""}: ${sentences(tls)}`, {
        cause: error,
      });
    }
  }
  const message = messageOf(error).replace(/\.$/, "");
  const hint = /closed connection/i.test(message)
    ? CLOSED[settings.KAFKA_SECURITY_PROTOCOL]
    : diagnoseNetwork(
      /timeout/i.test(message) ? "ETIMEDOUT" : codeOf(error) ?? /E[A-Z]{6,}/.exec(message)?.[0],
      "it",
      KAFKA_NAMES,
    )?.remedy;
  return new TransientError(`${action}: ${message}.${hint ? ` ${hint}` : ""}`, "connection", {
    cause: error,
  });
}

/** kafkajs' names of failures that pass by themselves, whatever their `retriable` says. */
const TRANSIENT_NAMES =
  /^KafkaJS(Connection|RequestTimeout|NumberOfRetriesExceeded|NoBrokerAvailable|Broker|GroupCoordinatorNotFound|Metadata|TopicMetadata|StaleTopic|Lock|OffsetOutOfRange|DeleteTopic)/;

/** Whether a failure that ended a client passes by itself. Everything else is a fault that must end the process. */
export function isTransientKafka(error: unknown): boolean {
  return [...chain(error)].some(({ name, retriable }) => retriable === true || TRANSIENT_NAMES.test(name));
}

const SEQUENCE_LOST = [
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
  "PRODUCER_FENCED",
];

/** Whether Kafka and an idempotent producer do not agree any more on which batch comes next. */
export function isSequenceLost(error: unknown): boolean {
  return [...chain(error)].some(({ type }) => type !== undefined && SEQUENCE_LOST.includes(type));
}
