/**
 * Failures of Kafka by class: what passes by itself, and what needs a person.
 *
 * @module
 */
import { codeOf, type Diagnosis, messageOf, PermanentError, TransientError } from "../errors.ts";
import { groupAccess, topicAccess } from "../diagnosis/kafka_access.ts";
import { refusedLogin, unwantedSasl } from "../diagnosis/kafka_port.ts";
import { KAFKA_REMEDIES } from "../diagnosis/kafka_remedies.ts";
import { diagnoseNetwork, KAFKA_NAMES } from "../diagnosis/network.ts";
import { diagnoseTls, type TlsUse } from "../diagnosis/tls.ts";
import type { KafkaSettings } from "./client.ts";

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
  const message = messageOf(error).replace(/\.$/, "");
  const code = /timeout/i.test(message) ? "ETIMEDOUT" : codeOf(error) ?? /E[A-Z]{6,}/.exec(message)?.[0];
  const network = diagnoseNetwork(code, addressIn(error) ?? "it", KAFKA_NAMES);
  const isClosed = /closed connection/i.test(message);
  const found = network && code !== "ETIMEDOUT" ? network : {
    code: code ?? (isClosed ? "KAFKA_CONNECTION_CLOSED" : "KAFKA_UNAVAILABLE"),
    cause: message,
    remedy: isClosed ? CLOSED[settings.KAFKA_SECURITY_PROTOCOL] : network?.remedy ?? "",
  };
  return new TransientError({ action, ...found }, "connection", { cause: error });
}

/** The address of the broker that an error is about, if kafkajs keeps it. */
function addressIn(error: unknown): string | undefined {
  for (const { broker, host, port } of chain(error)) {
    if (broker !== undefined) return broker;
    if (host !== undefined) return `${host}:${port}`;
  }
  return undefined;
}

/** What a TLS handshake with a broker is made with. @param host host or `host:port` */
export const kafkaTlsUse = (settings: KafkaSettings, host = ""): TlsUse => ({
  host: host.replace(/:\d+$/, ""),
  ca: { setting: "KAFKA_SSL_CAFILE", path: settings.KAFKA_SSL_CAFILE },
  certificate: { setting: "KAFKA_SSL_CERTFILE", path: settings.KAFKA_SSL_CERTFILE },
});

/** What a person has to mend; `undefined`: nothing that is known. */
function diagnose(
  { name, type = "", message }: KafkaJSError,
  settings: KafkaSettings,
): Diagnosis | undefined {
  const cause = message.replace(/\.$/, "");
  if (name === "KafkaJSSASLAuthenticationError" || type === "SASL_AUTHENTICATION_FAILED") {
    return refusedLogin(settings, cause);
  }
  switch (type) {
    case "ILLEGAL_SASL_STATE":
      return unwantedSasl(settings);
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
export function isProducerStateLost(error: unknown): boolean {
  return [...chain(error)].some(({ type }) => type !== undefined && SEQUENCE_LOST.includes(type));
}
