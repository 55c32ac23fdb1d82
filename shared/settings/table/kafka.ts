import type { Setting } from "../setting.ts";
import { bootstrapServers, integer, list, oneOf, optionalInteger, path, text } from "../types.ts";

/** Settings of the connection to Kafka, of topics and of streams. The names are those of kafka-python's options. */
export const KAFKA = {
  KAFKA_BOOTSTRAP_SERVERS: {
    group: "kafka",
    type: bootstrapServers,
    default: "localhost:9092",
    help: "Bootstrap brokers, comma-separated: host (port 9092), host:port or [IPv6]:port, " +
      "each with an optional prefix PROTOCOL://",
    ini: true,
  },
  KAFKA_SECURITY_PROTOCOL: {
    group: "kafka",
    type: oneOf("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    default: "PLAINTEXT",
    help: "PLAINTEXT, SSL (TLS), SASL_PLAINTEXT or SASL_SSL. " +
      "If not set: SASL_SSL with a SASL user, SSL with a CA or client certificate",
    ini: true,
  },
  KAFKA_SSL_CAFILE: {
    group: "kafka",
    type: path,
    default: "",
    help: "CA bundle (PEM) to verify brokers; default: the CAs of Mozilla and of the system",
    ini: true,
  },
  KAFKA_SSL_CERTFILE: {
    group: "kafka",
    type: path,
    default: "",
    help: "Client certificate (PEM) for mutual TLS",
    ini: true,
  },
  KAFKA_SSL_KEYFILE: {
    group: "kafka",
    type: path,
    default: "",
    help: "Private key (PEM) of the client certificate",
    ini: true,
  },
  KAFKA_SASL_MECHANISM: {
    group: "kafka",
    type: oneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    default: "SCRAM-SHA-256",
    help: "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; used by SASL_PLAINTEXT and SASL_SSL",
    ini: true,
  },
  KAFKA_SASL_PLAIN_USERNAME: {
    group: "kafka",
    type: text,
    default: "",
    help: "SASL user name, for every mechanism",
    ini: true,
  },
  KAFKA_SASL_PLAIN_PASSWORD: {
    group: "kafka",
    type: text,
    default: "",
    help: "SASL password, for every mechanism",
    secret: true,
    ini: true,
  },
  KAFKA_CONNECTION_TIMEOUT_MS: {
    group: "kafka",
    type: integer(100, 600_000),
    default: "10000",
    help: "Timeout for connecting to a broker, including the TLS handshake",
  },
  KAFKA_REQUEST_TIMEOUT_MS: {
    group: "kafka",
    type: integer(100, 600_000),
    default: "30000",
    help: "Timeout for the response of a broker",
    ini: true,
  },
  KAFKA_TOPIC_PARTITIONS: {
    group: "topics",
    type: optionalInteger(1, 10_000),
    default: "",
    help: "Partitions of a topic that is created; if not set: 6, or fewer if the cluster does not allow 6",
  },
  KAFKA_TOPIC_REPLICATION_FACTOR: {
    group: "topics",
    type: integer(-1, 100),
    default: "-1",
    help: "Replication factor of a topic that is created; -1 = the default of the cluster",
  },
  STREAMS: {
    group: "streams",
    type: list,
    default: "routes",
    help:
      "Streams to produce or consume, comma-separated: names of files in STREAMS_DIRECTORY or shared/streams/",
  },
  STREAMS_DIRECTORY: {
    group: "streams",
    type: path,
    default: "res/streams",
    help: "Directory of stream files (NAME.json), absolute or relative to the project",
  },
  KAFKA_TOPIC_PREFIX: {
    group: "streams",
    type: text,
    default: "",
    help: "Prefix of all topic names, for shared clusters",
  },
} satisfies Record<string, Setting>;
