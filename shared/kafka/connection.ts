/**
 * From settings to a kafkajs client: brokers, TLS, SASL, time-outs.
 *
 * @module
 */
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, type SASLOptions } from "kafkajs";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Settings } from "../settings/table.ts";
import { kafkaTlsFiles, readTlsFiles } from "../settings/tls_files.ts";
import { addressOf } from "./address.ts";

/** The settings that connect to Kafka. */
export type KafkaSettings = Pick<Settings, Extract<keyof Settings, `KAFKA_${string}`>>;

/**
 * A Kafka client of the given settings; nothing is connected yet.
 *
 * @param retries one of {@link RETRIES}
 *
 * Nothing falls back: with `SSL` and `SASL_SSL` the broker's chain and host name are checked, always.
 *
 * @throws {SettingsError} if a certificate file can't be read
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
    brokers: settings.KAFKA_BOOTSTRAP_SERVERS.map(seedBroker),
    connectionTimeout: settings.KAFKA_CONNECTION_TIMEOUT_MS,
    authenticationTimeout: settings.KAFKA_CONNECTION_TIMEOUT_MS,
    requestTimeout: settings.KAFKA_REQUEST_TIMEOUT_MS,
    socketFactory,
    logCreator: log,
  };
  if (protocol === "SSL" || protocol === "SASL_SSL") {
    config.ssl = { rejectUnauthorized: true, ...readTlsFiles(kafkaTlsFiles(settings)) };
  }
  if (protocol === "SASL_PLAINTEXT" || protocol === "SASL_SSL") config.sasl = saslOptions(settings);
  return config;
}

/** A bootstrap server for kafkajs, which takes the host to end at the first colon; {@link socketFactory} decodes it. */
const seedBroker = (text: string): string => {
  const { host, port } = addressOf(text);
  return `${encodeURIComponent(host)}:${port}`;
};

/**
 * Sockets as kafkajs makes them, with the host's name checked against the certificate also where kafkajs connects to an address
 * that a broker advertised, and Nagle's algorithm off.
 */
const socketFactory: ISocketFactory = ({ host: encoded, port, ssl, onConnect }) => {
  // No host name that DNS may have contains a %, and no IPv6 address that a broker advertises is encoded.
  const host = /%3A/.test(encoded) ? decodeURIComponent(encoded) : encoded;
  const socket = ssl
    ? tls.connect({ host, port, ...(net.isIP(host) ? {} : { servername: host }), ...ssl }, onConnect)
    : net.connect({ host, port }, onConnect);
  socket.setKeepAlive(true, 60_000);
  socket.setNoDelay(true);
  return socket;
};

function saslOptions(settings: KafkaSettings): SASLOptions {
  const { KAFKA_SASL_PLAIN_USERNAME: username, KAFKA_SASL_PLAIN_PASSWORD: password } = settings;
  const mechanism = settings.KAFKA_SASL_MECHANISM.toLowerCase() as
    | "plain"
    | "scram-sha-256"
    | "scram-sha-512";
  return { mechanism, username, password };
}
