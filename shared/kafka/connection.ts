/**
 * From settings to a kafkajs client: brokers, TLS, SASL, time-outs.
 *
 * @module
 */
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, type SASLOptions } from "kafkajs";
import * as net from "node:net";
import * as tls from "node:tls";
import { SettingsError } from "../settings/error.ts";
import { readPem } from "../settings/pem.ts";
import type { Settings } from "../settings/table.ts";

/** The settings that connect to Kafka. */
export type KafkaSettings = Pick<Settings, Extract<keyof Settings, `KAFKA_${string}`>>;

/**
 * A Kafka client of the given settings; nothing is connected yet.
 *
 * @param retries one of {@link RETRIES}
 *
 * Nothing falls back: with `SSL` and `SASL_SSL` the broker's chain and host name are checked, always.
 *
 * @throws {SettingsError} where a certificate file can't be read or settings contradict each other
 */
export function kafkaClient(
  settings: KafkaSettings,
  clientId: string,
  log: logCreator,
  retries: number = RETRIES.few,
): Kafka {
  return new Kafka({ ...kafkaConfig(settings, clientId, log), retry: { ...RETRY, retries } });
}

/** Pauses between attempts, milliseconds. Short, so that a broker that is back is used at once. */
export const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000 } as const;

/**
 * How often kafkajs itself tries again: `few` says soon what is wrong, `many` outlasts the restart of a broker (half a minute),
 * so that a consumer keeps its place in the group.
 */
export const RETRIES = { few: 2, many: 35, endless: Number.MAX_SAFE_INTEGER } as const;

/** The configuration that {@link kafkaClient} uses. */
export function kafkaConfig(settings: KafkaSettings, clientId: string, log: logCreator): KafkaConfig {
  const protocol = settings.KAFKA_SECURITY_PROTOCOL;
  const config: KafkaConfig = {
    clientId,
    brokers: [...settings.KAFKA_BOOTSTRAP_SERVERS],
    connectionTimeout: settings.KAFKA_CONNECTION_TIMEOUT_MS,
    authenticationTimeout: settings.KAFKA_CONNECTION_TIMEOUT_MS,
    requestTimeout: settings.KAFKA_REQUEST_TIMEOUT_MS,
    socketFactory,
    logCreator: log,
  };
  if (protocol === "SSL" || protocol === "SASL_SSL") config.ssl = tlsOptions(settings);
  if (protocol === "SASL_PLAINTEXT" || protocol === "SASL_SSL") config.sasl = saslOptions(settings);
  return config;
}

/**
 * Sockets as kafkajs makes them, with the host's name checked against the certificate also where kafkajs connects to an address
 * that a broker advertised, and Nagle's algorithm off.
 */
const socketFactory: ISocketFactory = ({ host, port, ssl, onConnect }) => {
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  socket.setNoDelay(true);
  return socket;
};

function tlsOptions(settings: KafkaSettings): tls.ConnectionOptions {
  const { KAFKA_SSL_CAFILE: ca, KAFKA_SSL_CERTFILE: cert, KAFKA_SSL_KEYFILE: key } = settings;
  if ((cert === "") !== (key === "")) {
    throw new SettingsError([
      "KAFKA_SSL_CERTFILE and KAFKA_SSL_KEYFILE belong together: set both for mutual TLS, or neither.",
    ]);
  }
  return {
    rejectUnauthorized: true,
    ...(ca === "" ? {} : { ca: [readPem("KAFKA_SSL_CAFILE", ca, "CERTIFICATE")] }),
    ...(cert === "" ? {} : {
      cert: readPem("KAFKA_SSL_CERTFILE", cert, "CERTIFICATE"),
      key: readPem("KAFKA_SSL_KEYFILE", key, "PRIVATE KEY"),
    }),
  };
}

function saslOptions(settings: KafkaSettings): SASLOptions {
  const { KAFKA_SASL_PLAIN_USERNAME: username, KAFKA_SASL_PLAIN_PASSWORD: password } = settings;
  if (username === "" || password === "") {
    const missing = username === "" ? "KAFKA_SASL_PLAIN_USERNAME" : "KAFKA_SASL_PLAIN_PASSWORD";
    throw new SettingsError([
      `${missing} is not set, and KAFKA_SECURITY_PROTOCOL=${settings.KAFKA_SECURITY_PROTOCOL} needs a user name and a password.`,
    ]);
  }
  const mechanism = settings.KAFKA_SASL_MECHANISM.toLowerCase() as
    | "plain"
    | "scram-sha-256"
    | "scram-sha-512";
  return { mechanism, username, password };
}
