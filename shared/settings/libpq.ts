/**
 * Every parameter of libpq (PostgreSQL 18): a setting, or unsupported unless its value agrees with the behavior of the services.
 *
 * @see https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS
 * @see https://www.postgresql.org/docs/current/libpq-envars.html
 * @module
 */
import { type SettingProblem, type Unsupported, unsupportedProblem } from "./error.ts";
import type { SettingName } from "./table.ts";

interface SettingParameter {
  readonly setting: SettingName;
}

interface UnsupportedParameter extends Unsupported {
  /** Its environment variable in libpq. */
  readonly variable?: string;
  /** Values that agree with the behavior of the services. */
  readonly accepts?: RegExp;
  /** The value is never printed. */
  readonly secret?: true;
}

const FILES = {
  reason: "the services do not read this file",
  remedy: "Set host, port, user, password and dbname instead.",
};
const GSS = { reason: "the services do not support GSSAPI", remedy: "Remove it." };
const OAUTH = { reason: "the services do not support OAuth", remedy: "Remove it." };
const KEEPALIVE = {
  reason: "TCP keepalive is always enabled with the intervals of the system",
  remedy: "Remove it.",
};
const TRUST = {
  reason: "the services do not support this check",
  remedy: "Remove it and set sslmode=verify-full with sslrootcert.",
};
const PROTOCOL = { reason: "the services use version 3.0 of the protocol", remedy: "Remove it." };

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
  service: { variable: "PGSERVICE", ...FILES },
  servicefile: { variable: "PGSERVICEFILE", ...FILES },
  passfile: {
    variable: "PGPASSFILE",
    reason: "the services do not read a password file",
    remedy: "Set PGPASSWORD or PGPASSWORD_FILE instead.",
  },
  hostaddr: { variable: "PGHOSTADDR", remedy: "Set host to the address instead." },
  channel_binding: {
    variable: "PGCHANNELBINDING",
    accepts: /^(prefer|disable)$/,
    reason: "the services do not use channel binding",
    remedy: "Remove it; sslmode=verify-full authenticates the server.",
  },
  target_session_attrs: {
    variable: "PGTARGETSESSIONATTRS",
    accepts: /^any$/,
    reason: "the services connect to one server",
    remedy: "Set host to the primary and remove it.",
  },
  load_balance_hosts: {
    variable: "PGLOADBALANCEHOSTS",
    accepts: /^disable$/,
    reason: "the services connect to one server",
    remedy: "Remove it.",
  },
  client_encoding: {
    variable: "PGCLIENTENCODING",
    accepts: /^utf-?8$/i,
    reason: "the services use UTF-8",
    remedy: "Remove it; the server converts to its own encoding.",
  },
  // PGAPPNAME is not listed: in libpq, too, it has no effect if the program sets application_name.
  application_name: { reason: "the services set it themselves", remedy: "Remove it." },
  fallback_application_name: { accepts: /^/, remedy: "" },
  keepalives: { accepts: /^1$/, ...KEEPALIVE },
  keepalives_idle: { accepts: /^0$/, ...KEEPALIVE },
  keepalives_interval: { accepts: /^0$/, ...KEEPALIVE },
  keepalives_count: { accepts: /^0$/, ...KEEPALIVE },
  tcp_user_timeout: {
    accepts: /^0$/,
    reason: "the services have their own timeouts",
    remedy: "Set CONSUMER_TRANSACTION_TIMEOUT_MS and remove it.",
  },
  sslnegotiation: {
    variable: "PGSSLNEGOTIATION",
    accepts: /^postgres$/,
    reason: "the services request TLS with SSLRequest",
    remedy: "Remove it.",
  },
  sslcompression: {
    variable: "PGSSLCOMPRESSION",
    accepts: /^0$/,
    reason: "the services do not support TLS compression",
    remedy: "Remove it.",
  },
  sslcertmode: {
    variable: "PGSSLCERTMODE",
    accepts: /^allow$/,
    reason: "the client certificate is sent if sslcert is set and the server requests it",
    remedy: "Remove it.",
  },
  sslpassword: {
    secret: true,
    reason: "the services do not support a passphrase",
    remedy: "Decrypt the key (openssl pkey -in KEY -out NEW) and remove it.",
  },
  sslcrl: { variable: "PGSSLCRL", ...TRUST },
  sslcrldir: { variable: "PGSSLCRLDIR", ...TRUST },
  sslsni: {
    variable: "PGSSLSNI",
    accepts: /^1$/,
    reason: "the services always send the host name",
    remedy: "Remove it.",
  },
  requirepeer: {
    variable: "PGREQUIREPEER",
    reason: "it applies to Unix sockets, but the services connect by TCP",
    remedy: "Remove it.",
  },
  require_auth: { variable: "PGREQUIREAUTH", ...TRUST },
  ssl_min_protocol_version: {
    variable: "PGSSLMINPROTOCOLVERSION",
    accepts: /^TLSv1\.2$/i,
    reason: "the services use TLS 1.2 and 1.3",
    remedy: "Remove it and set the minimum on the server.",
  },
  ssl_max_protocol_version: {
    variable: "PGSSLMAXPROTOCOLVERSION",
    accepts: /^TLSv1\.3$/i,
    reason: "the services use TLS 1.2 and 1.3",
    remedy: "Remove it and set the maximum on the server.",
  },
  min_protocol_version: { variable: "PGMINPROTOCOLVERSION", accepts: /^3\.0$/, ...PROTOCOL },
  max_protocol_version: { variable: "PGMAXPROTOCOLVERSION", accepts: /^3\.0$/, ...PROTOCOL },
  gssencmode: { variable: "PGGSSENCMODE", accepts: /^(disable|prefer)$/, ...GSS },
  krbsrvname: { variable: "PGKRBSRVNAME", accepts: /^postgres$/, ...GSS },
  gsslib: { variable: "PGGSSLIB", ...GSS },
  gssdelegation: { variable: "PGGSSDELEGATION", accepts: /^0$/, ...GSS },
  replication: {
    accepts: /^(false|off|no|0)$/,
    reason: "the services do not use replication connections",
    remedy: "Remove it.",
  },
  scram_client_key: {
    secret: true,
    reason: "the services authenticate with a password",
    remedy: "Set it instead.",
  },
  scram_server_key: {
    secret: true,
    reason: "the services authenticate with a password",
    remedy: "Set it instead.",
  },
  oauth_issuer: OAUTH,
  oauth_client_id: OAUTH,
  oauth_client_secret: { secret: true, ...OAUTH },
  oauth_scope: OAUTH,
  sslkeylogfile: { reason: "the services do not log TLS keys", remedy: "Remove it." },
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
export function parameterProblem(place: string, keyword: string, value: string): SettingProblem | undefined {
  const parameter = PARAMETERS[keyword];
  if (value === "" || parameter === undefined || "setting" in parameter || parameter.accepts?.test(value)) {
    return undefined;
  }
  return unsupportedProblem(`${place}${parameter.secret ? "" : `=${value}`}`, parameter);
}
