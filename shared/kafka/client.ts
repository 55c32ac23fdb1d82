/**
 * kafkajs clients from our settings: brokers, TLS, SASL and timeouts.
 *
 * @module
 */
import { type ISocketFactory, Kafka, type KafkaConfig, type logCreator, type SASLOptions } from "kafkajs";
import * as net from "node:net";
import * as tls from "node:tls";
import type { Settings } from "../settings/table.ts";
import { kafkaTlsFiles, readTlsFiles } from "../settings/tls_files.ts";
import { addressOf } from "./address.ts";
import { patchKafkajs } from "./kafkajs/patch_kafkajs.ts";

/** The settings that connect to Kafka. */
export type KafkaSettings = Pick<Settings, Extract<keyof Settings, `KAFKA_${string}`>>;

const RETRY = { initialRetryTime: 100, maxRetryTime: 1_000, retries: 2 };

/**
 * A kafkajs client. It connects on the first use.
 *
 * @throws {SettingsError} if a certificate file cannot be read
 */
export function kafkaClient(settings: KafkaSettings, clientId: string, log: logCreator): Kafka {
  patchKafkajs();
  return new Kafka({ ...kafkaConfig(settings, clientId, log), retry: RETRY });
}

/**
 * The configuration that {@link kafkaClient} uses. With `SSL` and `SASL_SSL` the broker's certificate chain and host name are always
 * verified; there is no fallback.
 */
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

/** A bootstrap server for kafkajs, which splits it at the first colon. {@link socketFactory} decodes the host. */
const seedBroker = (text: string): string => {
  const { host, port } = addressOf(text);
  return `${encodeURIComponent(host)}:${port}`;
};

/**
 * Like kafkajs' own socket factory, with two differences: it disables Nagle's algorithm, and verifies the certificate's host name also
 * if kafkajs connects to an IP address that a broker advertised.
 */
const socketFactory: ISocketFactory = ({ host: encoded, port, ssl, onConnect }) => {
  // DNS names contain no %, and advertised IPv6 addresses are not encoded.
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
