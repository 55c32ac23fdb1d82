/**
 * Every parameter of libpq (PostgreSQL 18), and what the services make of it: a setting, nothing if the value changes nothing here, or
 * a refusal by name.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 * @module
 */
import type { SettingName } from "./table.ts";

/** A parameter that is a setting. */
interface Honored {
  readonly setting: SettingName;
}

/** A parameter that is no setting. */
interface Limited {
  /** libpq's environment variable for it. */
  readonly variable?: string;
  /** Values with the same effect as leaving the parameter out. */
  readonly accepts?: RegExp;
  /** Why other values are refused, and the remedy. */
  readonly remedy: string;
  /** Its value is never printed. */
  readonly secret?: true;
}

const FILES = "the services do not read this file. Set host, port, user, password and dbname instead";
const GSS = "the services do not use GSSAPI. Remove it";
const OAUTH = "the services do not log in by OAuth. Remove it";
const KEEPALIVE = "TCP keepalive is always on, with the system's intervals. Remove it";
const TRUST = "the services have no such check. Remove it, and use sslmode=verify-full with sslrootcert";
const OLD_PROTOCOL = "the services speak version 3.0 of the protocol. Remove it";

/** By keyword. */
const PARAMETERS: Readonly<Record<string, Honored | Limited>> = {
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
    remedy: "the services read no password file. Set PGPASSWORD or PGPASSWORD_FILE",
  },
  hostaddr: { variable: "PGHOSTADDR", remedy: "write the address as the host" },
  channel_binding: {
    variable: "PGCHANNELBINDING",
    accepts: /^(prefer|disable)$/,
    remedy:
      "the services do not use channel binding. Remove it; sslmode=verify-full authenticates the server",
  },
  target_session_attrs: {
    variable: "PGTARGETSESSIONATTRS",
    accepts: /^any$/,
    remedy: "the services use one server and do not choose. Name the primary as host, and remove it",
  },
  load_balance_hosts: {
    variable: "PGLOADBALANCEHOSTS",
    accepts: /^disable$/,
    remedy: "the services use one server. Remove it",
  },
  client_encoding: {
    variable: "PGCLIENTENCODING",
    accepts: /^utf-?8$/i,
    remedy: "the services send UTF-8, which the server converts. Remove it",
  },
  // PGAPPNAME has no effect on programs that name themselves, in libpq either.
  application_name: { remedy: "the services name themselves, which the consumer relies on. Remove it" },
  fallback_application_name: { accepts: /^/, remedy: "" },
  keepalives: { accepts: /^1$/, remedy: KEEPALIVE },
  keepalives_idle: { accepts: /^0$/, remedy: KEEPALIVE },
  keepalives_interval: { accepts: /^0$/, remedy: KEEPALIVE },
  keepalives_count: { accepts: /^0$/, remedy: KEEPALIVE },
  tcp_user_timeout: {
    accepts: /^0$/,
    remedy: "the services have timeouts of their own. Set CONSUMER_TRANSACTION_TIMEOUT_MS, and remove it",
  },
  sslnegotiation: {
    variable: "PGSSLNEGOTIATION",
    accepts: /^postgres$/,
    remedy: "the services ask for TLS in PostgreSQL's own way. Remove it",
  },
  sslcompression: {
    variable: "PGSSLCOMPRESSION",
    accepts: /^0$/,
    remedy: "TLS is not compressed. Remove it",
  },
  sslcertmode: {
    variable: "PGSSLCERTMODE",
    accepts: /^allow$/,
    remedy: "a client certificate is sent if sslcert names one and the server asks for it. Remove it",
  },
  sslpassword: {
    secret: true,
    remedy: "the services take no passphrase. Decrypt the key (openssl pkey -in KEY -out NEW), and remove it",
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
    remedy: "it is about Unix sockets, and the services connect by TCP. Remove it",
  },
  require_auth: { variable: "PGREQUIREAUTH", remedy: TRUST },
  ssl_min_protocol_version: {
    variable: "PGSSLMINPROTOCOLVERSION",
    accepts: /^TLSv1\.2$/i,
    remedy: "the services use TLS 1.2 and 1.3. Remove it, and set the minimum at the server",
  },
  ssl_max_protocol_version: {
    variable: "PGSSLMAXPROTOCOLVERSION",
    accepts: /^TLSv1\.3$/i,
    remedy: "the services use TLS 1.2 and 1.3. Remove it, and set the maximum at the server",
  },
  min_protocol_version: { variable: "PGMINPROTOCOLVERSION", accepts: /^3\.0$/, remedy: OLD_PROTOCOL },
  max_protocol_version: { variable: "PGMAXPROTOCOLVERSION", accepts: /^3\.0$/, remedy: OLD_PROTOCOL },
  gssencmode: { variable: "PGGSSENCMODE", accepts: /^(disable|prefer)$/, remedy: GSS },
  krbsrvname: { variable: "PGKRBSRVNAME", accepts: /^postgres$/, remedy: GSS },
  gsslib: { variable: "PGGSSLIB", remedy: GSS },
  gssdelegation: { variable: "PGGSSDELEGATION", accepts: /^0$/, remedy: GSS },
  replication: { accepts: /^(false|off|no|0)$/, remedy: "the services need an ordinary session. Remove it" },
  scram_client_key: {
    secret: true,
    remedy: "the services log in with a password. Set it in place of the keys",
  },
  scram_server_key: {
    secret: true,
    remedy: "the services log in with a password. Set it in place of the keys",
  },
  oauth_issuer: { remedy: OAUTH },
  oauth_client_id: { remedy: OAUTH },
  oauth_client_secret: { secret: true, remedy: OAUTH },
  oauth_scope: { remedy: OAUTH },
  sslkeylogfile: { remedy: "the services do not write TLS keys to a file. Remove it" },
};

/** All keywords. */
export const LIBPQ_KEYWORDS: readonly string[] = Object.keys(PARAMETERS);

/** libpq's environment variables that are no settings, with their keywords. */
export const LIBPQ_VARIABLES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(PARAMETERS).flatMap(([keyword, parameter]) =>
    "setting" in parameter || parameter.variable === undefined ? [] : [[parameter.variable, keyword]]
  ),
);

/** Variables that npm's pg takes for parameters, though libpq does not. */
export const PG_VARIABLES: Readonly<Record<string, string>> = {
  PGCLIENT_ENCODING: "client_encoding",
  PGREPLICATION: "replication",
};

/** The setting that a parameter is; `undefined`: none. */
export function settingOf(keyword: string): SettingName | undefined {
  const parameter = Object.hasOwn(PARAMETERS, keyword) ? PARAMETERS[keyword]! : undefined;
  return parameter && "setting" in parameter ? parameter.setting : undefined;
}

/**
 * Why a parameter that is no setting cannot have its value; `undefined`: it can, because it changes nothing here. An empty value is
 * libpq's default.
 *
 * @param place how the user knows the parameter, such as "DATABASE_URL: channel_binding"
 */
export function refusalOf(place: string, keyword: string, value: string): string | undefined {
  const parameter = PARAMETERS[keyword];
  if (value === "" || parameter === undefined || "setting" in parameter || parameter.accepts?.test(value)) {
    return undefined;
  }
  return `${place}${parameter.secret ? "" : `=${value}`} is not supported: ${parameter.remedy}.`;
}
