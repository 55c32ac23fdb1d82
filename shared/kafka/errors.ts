/**
 * Classifies kafkajs' errors as transient or permanent, with their causes and remedies.
 *
 * @module
 */
import { codeOf, type Diagnosis, messageOf, PermanentError, TransientError } from "../errors.ts";
import { groupAccess, topicAccess } from "../diagnosis/kafka_access.ts";
import { CLOSED_REMEDIES, failedLogin, unexpectedSasl } from "../diagnosis/kafka_port.ts";
import { KAFKA_REMEDIES } from "../diagnosis/kafka_remedies.ts";
import { diagnoseNetwork, KAFKA_NAMES } from "../diagnosis/network.ts";
import { diagnoseTls, type TlsUse } from "../diagnosis/tls.ts";
import type { KafkaSettings } from "./client.ts";

/** The fields of kafkajs' errors. */
interface KafkaJSError extends Error {
  type?: string;
  retriable?: boolean;
  broker?: string;
  host?: string;
  port?: number;
}

/** kafkajs' names of the errors while coordinators start. */
const STARTING_TYPES = [
  "GROUP_LOAD_IN_PROGRESS",
  "GROUP_COORDINATOR_NOT_AVAILABLE",
  "NOT_COORDINATOR_FOR_GROUP",
];

/** The error, its causes and aggregated errors, outermost first. kafkajs wraps the last error after its retries. */
function* errorChain(error: unknown): Generator<KafkaJSError> {
  for (let at = error; at instanceof Error; at = at.cause) {
    yield at as KafkaJSError;
    for (const inner of (at as { errors?: readonly unknown[] }).errors ?? []) yield* errorChain(inner);
  }
}

/**
 * Converts an error of kafkajs: to a {@link PermanentError} if it needs operator action, otherwise to a {@link TransientError}.
 *
 * @param action what failed, such as "Cannot connect to Kafka at kafka:9092"
 * @param wasConnected whether the connection worked before, so that the settings are not the cause
 */
export function kafkaError(
  action: string,
  error: unknown,
  settings: KafkaSettings,
  wasConnected = false,
): PermanentError | TransientError {
  if (error instanceof PermanentError || error instanceof TransientError) return error;
  for (const at of errorChain(error)) {
    const broker = at.broker ?? (at.host === undefined ? undefined : `${at.host}:${at.port}`);
    const tls = diagnoseTls(codeOf(at), kafkaTlsUse(settings, at.host ?? broker));
    if (tls) {
      return new PermanentError({ action: `${action}${broker ? ` (broker ${broker})` : ""}`, ...tls }, {
        cause: error,
      });
    }
    const found = diagnose(at, settings);
    if (found) return new PermanentError({ action, ...found }, { cause: error });
  }
  const message = messageOf(error);
  if ([...errorChain(error)].some(({ type = "" }) => STARTING_TYPES.includes(type))) {
    const loading = { action, code: "KAFKA_COORDINATOR_LOADING", cause: message, remedy: "" };
    return new TransientError(loading, "connection", { cause: error });
  }
  // kafkajs' connection and timeout errors have no code.
  const code = /timeout/i.test(message) ? "ETIMEDOUT" : codeOf(error) ?? /E[A-Z]{6,}/.exec(message)?.[0];
  const network = diagnoseNetwork(code, addressIn(error) ?? "it", KAFKA_NAMES);
  const isClosed = /closed connection/i.test(message);
  const closedRemedy = wasConnected ? "" : CLOSED_REMEDIES[settings.KAFKA_SECURITY_PROTOCOL];
  const found = network && code !== "ETIMEDOUT" ? network : {
    code: code ?? (isClosed ? "KAFKA_CONNECTION_CLOSED" : "KAFKA_UNAVAILABLE"),
    cause: message,
    remedy: isClosed ? closedRemedy : network?.remedy ?? "",
  };
  return new TransientError({ action, ...found }, "connection", { cause: error });
}

/** The broker's address, if the error has it. */
function addressIn(error: unknown): string | undefined {
  for (const { broker, host, port } of errorChain(error)) {
    if (broker !== undefined) return broker;
    if (host !== undefined) return `${host}:${port}`;
  }
  return undefined;
}

/** The inputs of a TLS handshake with a broker. @param host host or `host:port` */
export const kafkaTlsUse = (settings: KafkaSettings, host = ""): TlsUse => ({
  host: host.replace(/:\d+$/, ""),
  ca: { setting: "KAFKA_SSL_CAFILE", path: settings.KAFKA_SSL_CAFILE },
  certificate: { setting: "KAFKA_SSL_CERTFILE", path: settings.KAFKA_SSL_CERTFILE },
});

/** Returns cause and remedy of an error that needs operator action; `undefined` for other errors. */
function diagnose(
  { name, type = "", message }: KafkaJSError,
  settings: KafkaSettings,
): Diagnosis | undefined {
  const cause = message.replace(/\.$/, "");
  if (name === "KafkaJSSASLAuthenticationError" || type === "SASL_AUTHENTICATION_FAILED") {
    return failedLogin(settings, cause);
  }
  switch (type) {
    case "ILLEGAL_SASL_STATE":
      return unexpectedSasl(settings);
    case "UNSUPPORTED_SASL_MECHANISM":
      return {
        code: "KAFKA_SASL_MECHANISM_UNSUPPORTED",
        cause: `the broker does not offer ${settings.KAFKA_SASL_MECHANISM}`,
        remedy: "Set KAFKA_SASL_MECHANISM to one that the broker offers.",
      };
    case "TOPIC_AUTHORIZATION_FAILED":
      return topicAccess(["Read", "Write"]);
    case "GROUP_AUTHORIZATION_FAILED":
      return groupAccess();
  }
  const remedy = KAFKA_REMEDIES[type];
  return remedy === undefined ? undefined : { code: type, cause, remedy };
}

/** kafkajs' names of transient errors, regardless of their `retriable`. */
const TRANSIENT_NAMES =
  /^KafkaJS(Connection|RequestTimeout|NumberOfRetriesExceeded|NoBrokerAvailable|Broker|GroupCoordinatorNotFound|Metadata|TopicMetadata|StaleTopic|Lock|OffsetOutOfRange|DeleteTopic)/;

/** Whether an error is transient. Other errors must end the process. */
export function isTransientKafka(error: unknown): boolean {
  return [...errorChain(error)].some(({ name, retriable }) =>
    retriable === true || TRANSIENT_NAMES.test(name)
  );
}

const PRODUCER_STATE_LOST = [
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "UNKNOWN_PRODUCER_ID",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_PRODUCER_ID_MAPPING",
  "PRODUCER_FENCED",
];

/** Whether Kafka has lost the state of an idempotent producer, or expects another sequence number or epoch. */
export function isProducerStateLost(error: unknown): boolean {
  return [...errorChain(error)].some(({ type }) => type !== undefined && PRODUCER_STATE_LOST.includes(type));
}
