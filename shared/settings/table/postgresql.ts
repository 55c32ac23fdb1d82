import type { Setting } from "../setting.ts";
import { host, integer, oneOf, path, text, timeoutSeconds } from "../types.ts";

/** Settings of the connection to PostgreSQL: environment variables of libpq, and `DATABASE_URL`. */
export const POSTGRESQL = {
  DATABASE_URL: {
    group: "postgresql",
    type: text,
    default: "",
    help:
      "libpq connection string, postgres://user:password@host:port/database?sslmode=… or host=… port=…; " +
      "overrides the corresponding PG… settings of the same or lower precedence",
    secret: true,
    ini: ["uri", "dsn"],
  },
  PGHOST: {
    group: "postgresql",
    type: host,
    default: "localhost",
    help: "Host name or IP address of the server",
    ini: true,
  },
  PGPORT: {
    group: "postgresql",
    type: integer(1, 65_535),
    default: "5432",
    help: "Port of the server",
    ini: true,
  },
  PGUSER: {
    group: "postgresql",
    type: text,
    default: "postgres",
    help: "User name",
    ini: true,
  },
  PGPASSWORD: {
    group: "postgresql",
    type: text,
    default: "",
    help: "Password of the user",
    secret: true,
    ini: true,
  },
  PGDATABASE: {
    group: "postgresql",
    type: text,
    default: "routes",
    help: "Database name; the consumer creates the database if it is missing and the user is allowed to",
    ini: ["dbname", "database"],
  },
  PGSSLMODE: {
    group: "postgresql",
    type: oneOf("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    default: "prefer",
    help:
      "disable, allow, prefer, require, verify-ca or verify-full (verifies chain and host name), as in libpq",
    ini: true,
  },
  PGSSLROOTCERT: {
    group: "postgresql",
    type: path,
    default: "",
    help:
      "CA bundle (PEM), required by verify-ca and verify-full; system = the CAs of Mozilla and of the system",
    ini: true,
  },
  PGSSLCERT: {
    group: "postgresql",
    type: path,
    default: "",
    help: "Client certificate (PEM)",
    ini: true,
  },
  PGSSLKEY: {
    group: "postgresql",
    type: path,
    default: "",
    help: "Private key (PEM) of the client certificate",
    ini: true,
  },
  PGCONNECT_TIMEOUT: {
    group: "postgresql",
    type: timeoutSeconds,
    default: "10",
    help: "Timeout for connecting, including the TLS handshake, in seconds; 0 = no timeout",
    ini: true,
  },
  PGOPTIONS: {
    group: "postgresql",
    type: text,
    default: "",
    help: "Command-line options for the session, such as -c work_mem=8MB",
    ini: true,
  },
} satisfies Record<string, Setting>;
