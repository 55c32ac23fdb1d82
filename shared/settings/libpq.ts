/**
 * Every parameter of libpq (PostgreSQL 18): a setting, or unsupported unless its value agrees with the behavior of the services.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 * @module
 */
import type { SettingName } from "./table.ts";

interface SettingParameter {
  readonly setting: SettingName;
}

interface UnsupportedParameter {
  /** Its environment variable in libpq. */
  readonly variable?: string;
  /** Values that agree with the behavior of the services. */
  readonly accepts?: RegExp;
  /** Reason why other values are unsupported, and the remedy. */
  readonly remedy: string;
  /** The value is never printed. */
  readonly secret?: true;
}

const FILES = "the services do not read this file. Set host, port, user, password and dbname instead";
const GSS = "the services do not support GSSAPI. Remove it";
const OAUTH = "the services do not support OAuth. Remove it";
const KEEPALIVE = "TCP keepalive is always enabled with the intervals of the system. Remove it";
const TRUST =
  "the services do not support this check. Remove it and set sslmode=verify-full with sslrootcert";
const PROTOCOL = "the services use version 3.0 of the protocol. Remove it";

/** By keyword. */
const PARAMETERS: Readonly<Record<string, SettingParameter | UnsupportedParameter>> = {
  host: { setting: "PGHOST" },
  port: { setting: "PGPORT" },
  user: { setting: "PGUSER" },
  password: { setting: "PGPASSWORD" },
  dbname: { setting: "PGDATABASE" },
  sslmode: { setting: "PGSSLMODE" },
  sslrootcert: { setting: "PGSSLROOTCERT" },
  sslcert: { setting: "PGSSLCERT" },
  sslkey: { setting: "PGSSLKEY" },
  connect_timeout: { setting: "PGCONNECT_TIMEOUT" },
  options: { setting: "PGOPTIONS" },
  service: { variable: "PGSERVICE", remedy: FILES },
  servicefile: { variable: "PGSERVICEFILE", remedy: FILES },
  passfile: {
    variable: "PGPASSFILE",
    remedy: "the services do not read a password file. Set PGPASSWORD or PGPASSWORD_FILE instead",
  },
  hostaddr: { variable: "PGHOSTADDR", remedy: "set host to the address instead" },
  channel_binding: {
    variable: "PGCHANNELBINDING",
    accepts: /^(prefer|disable)$/,
    remedy:
      "the services do not use channel binding. Remove it; sslmode=verify-full authenticates the server",
  },
  target_session_attrs: {
    variable: "PGTARGETSESSIONATTRS",
    accepts: /^any$/,
    remedy: "the services connect to one server. Set host to the primary and remove it",
  },
  load_balance_hosts: {
    variable: "PGLOADBALANCEHOSTS",
    accepts: /^disable$/,
    remedy: "the services connect to one server. Remove it",
  },
  client_encoding: {
    variable: "PGCLIENTENCODING",
    accepts: /^utf-?8$/i,
    remedy: "the services use UTF-8. Remove it; the server converts to its own encoding",
  },
  // PGAPPNAME is not listed: in libpq, too, it has no effect if the program sets application_name.
  application_name: { remedy: "the services set it themselves. Remove it" },
  fallback_application_name: { accepts: /^/, remedy: "" },
  keepalives: { accepts: /^1$/, remedy: KEEPALIVE },
  keepalives_idle: { accepts: /^0$/, remedy: KEEPALIVE },
  keepalives_interval: { accepts: /^0$/, remedy: KEEPALIVE },
  keepalives_count: { accepts: /^0$/, remedy: KEEPALIVE },
  tcp_user_timeout: {
    accepts: /^0$/,
    remedy: "the services have their own timeouts. Set CONSUMER_TRANSACTION_TIMEOUT_MS and remove it",
  },
  sslnegotiation: {
    variable: "PGSSLNEGOTIATION",
    accepts: /^postgres$/,
    remedy: "the services request TLS with SSLRequest. Remove it",
  },
  sslcompression: {
    variable: "PGSSLCOMPRESSION",
    accepts: /^0$/,
    remedy: "the services do not support TLS compression. Remove it",
  },
  sslcertmode: {
    variable: "PGSSLCERTMODE",
    accepts: /^allow$/,
    remedy: "the client certificate is sent if sslcert is set and the server requests it. Remove it",
  },
  sslpassword: {
    secret: true,
    remedy:
      "the services do not support a passphrase. Decrypt the key (openssl pkey -in KEY -out NEW) and remove it",
  },
  sslcrl: { variable: "PGSSLCRL", remedy: TRUST },
  sslcrldir: { variable: "PGSSLCRLDIR", remedy: TRUST },
  sslsni: {
    variable: "PGSSLSNI",
    accepts: /^1$/,
    remedy: "the services always send the host name. Remove it",
  },
  requirepeer: {
    variable: "PGREQUIREPEER",
    remedy: "it applies to Unix sockets, but the services connect by TCP. Remove it",
  },
  require_auth: { variable: "PGREQUIREAUTH", remedy: TRUST },
  ssl_min_protocol_version: {
    variable: "PGSSLMINPROTOCOLVERSION",
    accepts: /^TLSv1\.2$/i,
    remedy: "the services use TLS 1.2 and 1.3. Remove it and set the minimum on the server",
  },
  ssl_max_protocol_version: {
    variable: "PGSSLMAXPROTOCOLVERSION",
    accepts: /^TLSv1\.3$/i,
    remedy: "the services use TLS 1.2 and 1.3. Remove it and set the maximum on the server",
  },
  min_protocol_version: { variable: "PGMINPROTOCOLVERSION", accepts: /^3\.0$/, remedy: PROTOCOL },
  max_protocol_version: { variable: "PGMAXPROTOCOLVERSION", accepts: /^3\.0$/, remedy: PROTOCOL },
  gssencmode: { variable: "PGGSSENCMODE", accepts: /^(disable|prefer)$/, remedy: GSS },
  krbsrvname: { variable: "PGKRBSRVNAME", accepts: /^postgres$/, remedy: GSS },
  gsslib: { variable: "PGGSSLIB", remedy: GSS },
  gssdelegation: { variable: "PGGSSDELEGATION", accepts: /^0$/, remedy: GSS },
  replication: {
    accepts: /^(false|off|no|0)$/,
    remedy: "the services do not use replication connections. Remove it",
  },
  scram_client_key: {
    secret: true,
    remedy: "the services authenticate with a password. Set it instead",
  },
  scram_server_key: {
    secret: true,
    remedy: "the services authenticate with a password. Set it instead",
  },
  oauth_issuer: { remedy: OAUTH },
  oauth_client_id: { remedy: OAUTH },
  oauth_client_secret: { secret: true, remedy: OAUTH },
  oauth_scope: { remedy: OAUTH },
  sslkeylogfile: { remedy: "the services do not log TLS keys. Remove it" },
};

export const LIBPQ_KEYWORDS: readonly string[] = Object.keys(PARAMETERS);

/** Keywords of libpq's environment variables that are not settings. */
export const LIBPQ_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(PARAMETERS).flatMap(([keyword, parameter]) =>
    "setting" in parameter || parameter.variable === undefined ? [] : [[parameter.variable, keyword]]
  ),
);

/** Keywords of environment variables that npm's pg reads, but libpq does not. */
export const PG_VARIABLES: Readonly<Record<string, string>> = {
  PGCLIENT_ENCODING: "client_encoding",
  PGREPLICATION: "replication",
};

/** The setting of a parameter, if it has one. */
export function settingOf(keyword: string): SettingName | undefined {
  const parameter = Object.hasOwn(PARAMETERS, keyword) ? PARAMETERS[keyword]! : undefined;
  return parameter && "setting" in parameter ? parameter.setting : undefined;
}

/**
 * The problem of a parameter that is not a setting and has an unsupported value. An empty value is the default.
 *
 * @param place the parameter and its source, such as "DATABASE_URL: channel_binding"
 */
export function unsupportedProblem(place: string, keyword: string, value: string): string | undefined {
  const parameter = PARAMETERS[keyword];
  if (value === "" || parameter === undefined || "setting" in parameter || parameter.accepts?.test(value)) {
    return undefined;
  }
  return `${place}${parameter.secret ? "" : `=${value}`} is not supported: ${parameter.remedy}.`;
}
