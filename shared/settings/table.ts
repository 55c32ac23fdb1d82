/**
 * Every setting of both services, declared once. Environment names are the keys; `--help`, the README's table, the
 * permission sets in `deno.json` and the env files are checked against this table.
 *
 * @module
 */
import {
  bootstrapServers,
  flag,
  host,
  integer,
  list,
  number,
  oneOf,
  optionalList,
  optionalNumber,
  path,
  type Setting,
  text,
  timeoutSeconds,
} from "./declare.ts";

/** kafka-python's and libpq's own names are kept, so that settings written for them work as they are. */
export const SETTINGS = {
  KAFKA_BOOTSTRAP_SERVERS: bootstrapServers(
    "kafka",
    "localhost:9092",
    "Brokers to connect to first, separated by commas: host (port 9092), host:port or [IPv6]:port, each with PROTOCOL:// or without",
    {
      flag: "kafka-bootstrap-servers",
      ini: ["kafka", "bootstrap_servers"],
    },
  ),
  KAFKA_SECURITY_PROTOCOL: oneOf("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL")(
    "kafka",
    "PLAINTEXT",
    "PLAINTEXT, SSL (TLS), SASL_PLAINTEXT or SASL_SSL. If not set: SASL_SSL with a SASL user, SSL with a CA or client certificate",
    { flag: "kafka-security-protocol", ini: ["kafka", "security_protocol"] },
  ),
  KAFKA_SSL_CAFILE: path(
    "kafka",
    "",
    "CA certificates (PEM) that the brokers' are checked against; empty: Mozilla's and the system's",
    {
      flag: "kafka-ssl-cafile",
      ini: ["kafka", "ssl_cafile"],
    },
  ),
  KAFKA_SSL_CERTFILE: path("kafka", "", "Client certificate (PEM) for mutual TLS", {
    flag: "kafka-ssl-certfile",
    ini: ["kafka", "ssl_certfile"],
  }),
  KAFKA_SSL_KEYFILE: path("kafka", "", "Private key (PEM) of the client certificate", {
    flag: "kafka-ssl-keyfile",
    ini: ["kafka", "ssl_keyfile"],
  }),
  KAFKA_SASL_MECHANISM: oneOf("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512")(
    "kafka",
    "SCRAM-SHA-256",
    "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; used by SASL_PLAINTEXT and SASL_SSL",
    { flag: "kafka-sasl-mechanism", ini: ["kafka", "sasl_mechanism"] },
  ),
  KAFKA_SASL_PLAIN_USERNAME: text("kafka", "", "User name for SASL, whatever the mechanism", {
    flag: "kafka-sasl-plain-username",
    ini: ["kafka", "sasl_plain_username"],
  }),
  KAFKA_SASL_PLAIN_PASSWORD: text("kafka", "", "Password for SASL, whatever the mechanism", {
    flag: "kafka-sasl-plain-password",
    ini: ["kafka", "sasl_plain_password"],
    secret: true,
  }),
  KAFKA_CONNECTION_TIMEOUT_MS: integer(100, 600_000)(
    "kafka",
    "10000",
    "Time to connect to a broker, TLS included",
    {
      flag: "kafka-connection-timeout-ms",
    },
  ),
  KAFKA_REQUEST_TIMEOUT_MS: integer(100, 600_000)("kafka", "30000", "Time a broker has to answer a request", {
    flag: "kafka-request-timeout-ms",
    ini: ["kafka", "request_timeout_ms"],
  }),

  KAFKA_TOPIC_PARTITIONS: integer(1, 10_000)("topics", "6", "Partitions of a topic that has to be created", {
    flag: "kafka-topic-partitions",
  }),
  KAFKA_TOPIC_REPLICATION_FACTOR: integer(-1, 100)(
    "topics",
    "-1",
    "Replication factor of a topic that has to be created; -1: the cluster's default",
    { flag: "kafka-topic-replication-factor" },
  ),

  DATABASE_URL: text(
    "postgresql",
    "",
    "A connection string of libpq, postgres://user:password@host:port/database?sslmode=… or host=… port=…; wins over the PG… settings that it names, unless they are set with higher precedence",
    { flag: "database-url", ini: ["postgresql", "uri", "dsn"], secret: true },
  ),
  PGHOST: host("postgresql", "localhost", "Host name or address of PostgreSQL", {
    flag: "pghost",
    ini: ["postgresql", "host"],
  }),
  PGPORT: integer(1, 65_535)("postgresql", "5432", "Port of PostgreSQL", {
    flag: "pgport",
    ini: ["postgresql", "port"],
  }),
  PGUSER: text("postgresql", "postgres", "User of the database", {
    flag: "pguser",
    ini: ["postgresql", "user"],
  }),
  PGPASSWORD: text("postgresql", "", "Password of that user", {
    flag: "pgpassword",
    ini: ["postgresql", "password"],
    secret: true,
  }),
  PGDATABASE: text(
    "postgresql",
    "routes",
    "Database; it is created where it is missing and the account may",
    {
      flag: "pgdatabase",
      ini: ["postgresql", "dbname", "database"],
    },
  ),
  PGSSLMODE: oneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full")(
    "postgresql",
    "prefer",
    "As libpq's: disable, allow, prefer, require, verify-ca or verify-full (checks chain and host name)",
    { flag: "pgsslmode", ini: ["postgresql", "sslmode"] },
  ),
  PGSSLROOTCERT: path(
    "postgresql",
    "",
    "CA certificates (PEM) for verify-ca and verify-full, which need them; `system`: Mozilla's and the system's",
    {
      flag: "pgsslrootcert",
      ini: ["postgresql", "sslrootcert"],
    },
  ),
  PGSSLCERT: path("postgresql", "", "Client certificate (PEM)", {
    flag: "pgsslcert",
    ini: ["postgresql", "sslcert"],
  }),
  PGSSLKEY: path("postgresql", "", "Private key (PEM) of the client certificate", {
    flag: "pgsslkey",
    ini: ["postgresql", "sslkey"],
  }),
  PGCONNECT_TIMEOUT: timeoutSeconds(
    "postgresql",
    "10",
    "Seconds to connect to PostgreSQL, TLS included; 0: no limit",
    {
      flag: "pgconnect-timeout",
      ini: ["postgresql", "connect_timeout"],
    },
  ),
  PGOPTIONS: text(
    "postgresql",
    "",
    "Command-line options for the server's session, such as -c work_mem=8MB",
    {
      flag: "pgoptions",
      ini: ["postgresql", "options"],
    },
  ),

  STREAMS: list(
    "streams",
    "routes",
    "Streams to produce or consume, separated by commas: files of shared/streams/",
    {
      flag: "streams",
    },
  ),
  KAFKA_TOPIC_PREFIX: text(
    "streams",
    "",
    "Put before every stream's topic name, for clusters shared by many",
    {
      flag: "kafka-topic-prefix",
    },
  ),

  PRODUCER_RATE: number(0, 1_000_000_000)(
    "producer",
    "100",
    "Records a second, all streams together; 0: as fast as it can",
    {
      flag: "rate",
    },
  ),
  PRODUCER_COUNT: integer(0)(
    "producer",
    "0",
    "Records to send, all streams together, then stop; 0: until stopped",
    {
      flag: "count",
    },
  ),
  PRODUCER_SEED: text("producer", "", "Seed of the random records: the same seed makes the same records", {
    flag: "seed",
  }),
  // Up to the end of the year 9999.
  PRODUCER_START_TIME: optionalNumber(0, 253_402_300_799)(
    "producer",
    "",
    "Timestamp of the first record, Unix seconds; the next follow at PRODUCER_RATE. Empty: the clock",
    { flag: "start-time" },
  ),
  PRODUCER_USERS: integer(1, 2_147_483_648)(
    "producer",
    "100",
    "Users that the records are of, 0 … users − 1",
    {
      flag: "users",
    },
  ),
  PRODUCER_PATTERN: oneOf("uniform", "walk")(
    "producer",
    "uniform",
    "uniform: places anywhere; walk: each user moves along a plausible route",
    { flag: "pattern" },
  ),
  PRODUCER_MALFORMED_RATIO: number(0, 1)(
    "producer",
    "0",
    "Share of records made malformed on purpose, 0 … 1",
    {
      flag: "malformed-ratio",
    },
  ),
  PRODUCER_COMPRESSION: oneOf("none", "gzip", "snappy", "lz4", "zstd")(
    "producer",
    "none",
    "Compression of batches",
    {
      flag: "compression",
      ini: ["kafka", "compression_type"],
    },
  ),
  PRODUCER_LINGER_MS: integer(0, 60_000)(
    "producer",
    "3",
    "How long a record may wait for others of its batch",
    {
      flag: "linger-ms",
      ini: ["kafka", "linger_ms"],
    },
  ),
  PRODUCER_BATCH_RECORDS: integer(1, 100_000)(
    "producer",
    "2000",
    "Most records in a batch of one partition",
    {
      flag: "batch-records",
    },
  ),
  PRODUCER_BUFFER_RECORDS: integer(1, 10_000_000)(
    "producer",
    "50000",
    "Most records waiting for Kafka; when it is full no more are made",
    { flag: "buffer-records" },
  ),

  CONSUMER_GROUP_ID: text(
    "consumer",
    "routes-consumer",
    "Consumer group; each keeps its own progress, so that a new one stores everything again",
    {
      flag: "group-id",
      ini: ["kafka", "group_id"],
    },
  ),
  CONSUMER_UNTIL_CAUGHT_UP: flag(
    "consumer",
    "false",
    "Stop, with exit code 0, when all that was in the topics at the start is stored",
    { flag: "until-caught-up" },
  ),
  CONSUMER_BATCH_BYTES: integer(1_000, 1_000_000_000)(
    "consumer",
    "8000000",
    "Most bytes of records in one transaction",
    {
      flag: "batch-bytes",
    },
  ),
  CONSUMER_BUFFER_BYTES: integer(1_000, 4_000_000_000)(
    "consumer",
    "24000000",
    "Most bytes of records waiting for PostgreSQL; when it is full fetching waits",
    { flag: "buffer-bytes" },
  ),
  CONSUMER_FETCH_BYTES: integer(1_000, 1_000_000_000)("consumer", "4000000", "Most bytes of one fetch", {
    flag: "fetch-bytes",
    ini: ["kafka", "fetch_max_bytes"],
  }),
  CONSUMER_CHECK_CRCS: flag(
    "consumer",
    "true",
    "Verify the CRC of each record batch, and stop at one that is wrong",
    { flag: "check-crcs", ini: ["kafka", "check_crcs"] },
  ),
  CONSUMER_BATCH_INFLATED_BYTES_MAX: integer(1_000, 1_000_000_000)(
    "consumer",
    "67108864",
    "Largest size of a compressed record batch when decompressed, in bytes; the consumer stops at a larger one",
    { flag: "batch-inflated-bytes-max" },
  ),
  CONSUMER_SESSION_TIMEOUT_MS: integer(1_000, 1_800_000)(
    "consumer",
    "30000",
    "After this long without a heartbeat the group gives the partitions to others",
    { flag: "session-timeout-ms", ini: ["kafka", "session_timeout_ms"] },
  ),
  CONSUMER_TRANSACTION_TIMEOUT_MS: integer(100, 3_600_000)(
    "consumer",
    "60000",
    "After this long PostgreSQL ends a transaction of ours, so that a consumer that froze holds up no other",
    { flag: "transaction-timeout-ms" },
  ),
  CONSUMER_SHUTDOWN_TIMEOUT_MS: integer(100, 600_000)(
    "consumer",
    "6000",
    "How long a stop may wait for the transaction in hand; what is not stored then is read again",
    { flag: "shutdown-timeout-ms" },
  ),

  CONSUMER_REJECT_STREAK_MAX: integer(0, 1_000_000_000)(
    "consumer",
    "100",
    "Records of a partition that PostgreSQL may reject in a row for one cause; 0: any number",
    { flag: "reject-streak-max" },
  ),

  REJECTS_REPLAY: flag(
    "rejects",
    "false",
    "Validate the records anew and move those that are valid now into their tables",
    {
      flag: "replay",
    },
  ),
  REJECTS_REASON: text(
    "rejects",
    "",
    "Only records that were rejected for this reason, such as “invalid record”",
    {
      flag: "reason",
    },
  ),
  REJECTS_LIMIT: integer(1)("rejects", "20", "Most records that are listed, the latest first", {
    flag: "limit",
  }),
  REJECTS_FORMAT: oneOf("text", "json")(
    "rejects",
    "text",
    "text, or json: a line a record, key and value in Base64",
    {
      flag: "format",
    },
  ),

  DASHBOARD_HOST: text("dashboard", "127.0.0.1", "Address that the page is served on", {
    flag: "dashboard-host",
  }),
  DASHBOARD_PORT: integer(1, 65_535)("dashboard", "8080", "Port that the page is served on", {
    flag: "dashboard-port",
  }),
  DASHBOARD_SERVICES: optionalList(
    "dashboard",
    "",
    "Metrics of producers and consumers, http://host:port/metrics, separated by commas; a name of several addresses stands for all of them",
    { flag: "dashboard-services" },
  ),
  DASHBOARD_POLL_MS: integer(100, 60_000)(
    "dashboard",
    "1000",
    "Time between two looks at the database and the services, however many pages are open",
    { flag: "dashboard-poll-ms" },
  ),
  DASHBOARD_VIEWERS: integer(1, 100_000)("dashboard", "500", "Most pages that are open at a time", {
    flag: "dashboard-viewers",
  }),
  DASHBOARD_VIEWERS_PER_ADDRESS: integer(1, 100_000)(
    "dashboard",
    "50",
    "Most of them that come from one address; behind a reverse proxy all come from the proxy's",
    { flag: "dashboard-viewers-per-address" },
  ),
  DASHBOARD_ALLOWED_HOSTS: optionalList(
    "dashboard",
    "",
    "Host names the page may be opened under besides localhost, IP addresses and its name in Compose, separated by commas",
    { flag: "dashboard-allowed-hosts" },
  ),

  HTTP_HOST: text("http", "127.0.0.1", "Address that /healthz, /readyz and /metrics are served on", {
    flag: "http-host",
  }),
  HTTP_PORT: integer(0, 65_535)("http", "0", "Port of /healthz, /readyz and /metrics; 0: none", {
    flag: "http-port",
  }),
  ON_CONFIGURATION_ERROR: oneOf("exit", "hold")(
    "http",
    "exit",
    "exit, with code 2, or hold: stay up and not ready, with the reason on /readyz and in the log, until stopped",
    { flag: "on-configuration-error" },
  ),
  LOG_LEVEL: oneOf("debug", "info", "warn", "error")("log", "info", "debug, info, warn or error", {
    flag: "log-level",
  }),
  LOG_FORMAT: oneOf("auto", "json", "text")(
    "log",
    "auto",
    "json, text, or auto: text on a terminal",
    {
      flag: "log-format",
    },
  ),
  LOG_SUMMARY_SECONDS: integer(1, 86_400)("summary", "10", "Seconds between two summary lines", {
    flag: "log-summary-seconds",
  }),
} satisfies Record<string, Setting>;

/** A setting's name, which is also its environment variable. */
export type SettingName = keyof typeof SETTINGS;

/** The validated settings: the name of each with its value. */
export type Settings = {
  readonly [N in SettingName]: (typeof SETTINGS)[N] extends Setting<infer T> ? T : never;
};

/** Where the INI file is looked for, unless the environment variable `HOST_SETTINGS` names another. */
export const INI_PATH = "res/host_settings.ini";
