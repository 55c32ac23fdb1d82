/**
 * Causes and remedies of failed logins to PostgreSQL.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 * @module
 */
import { codeOf, type Diagnosis, messageOf, PermanentError } from "../errors.ts";

/** Code of the error when the server requests a password and none is set. */
export const PASSWORD_MISSING = "POSTGRES_PASSWORD_MISSING";

/** Settings of a login. */
export interface PostgresLogin {
  readonly user: string;
  readonly database: string;
  /** `PGSSLMODE` */
  readonly mode: string;
  /** Name of a setting in remedies, such as `PGUSER (in DATABASE_URL)`. Default: the setting's name. */
  readonly named?: (setting: "PGUSER" | "PGPASSWORD" | "PGSSLMODE" | "PGDATABASE" | "PGPORT") => string;
}

/**
 * Whether another attempt, with or without TLS, may succeed. pg_hba.conf rejects connections without TLS with 28000; pg's own TLS errors have
 * only a message.
 */
export function isTlsRelated(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "28000" || /SSL|TLS/i.test(messageOf(error)) || /^ERR_(SSL|TLS)_/.test(code ?? "");
}

/** Whether connecting timed out. pg's connection timeout has no code. */
export const isConnectTimeout = (error: unknown): boolean => messageOf(error).includes("timeout");

/** The diagnosis of a failed login; `undefined` if the error has another cause. */
export function diagnosePostgresLogin(error: unknown, login: PostgresLogin): Diagnosis | undefined {
  const { user, database, mode, named = (setting: string) => setting } = login;
  const original = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = messageOf(original).replace(/\.$/, "");
  if (original instanceof PermanentError && original.code === PASSWORD_MISSING) {
    return {
      code: PASSWORD_MISSING,
      cause: `the server requests a password for “${user}”, but none is set`,
      remedy: `Set ${named("PGPASSWORD")} or PGPASSWORD_FILE (Aiven: console → Users).`,
    };
  }
  // pg has no code for a server that responds to SSLRequest with "N", nor for errors of its SASL implementation.
  if (message.includes("does not support SSL")) return missingTls(login);
  const code = codeOf(original);
  if (code === "28P01" || code === undefined && /SASL|password/i.test(message)) {
    return {
      code: "POSTGRES_LOGIN_FAILED",
      // PostgreSQL's message names the user, those of poolers may not.
      cause: message.includes(`"${user}"`)
        ? message
        : `password authentication of “${user}” failed: ${message}`,
      remedy: `Check ${named("PGUSER")} and ${named("PGPASSWORD")} (Aiven: console → Users).`,
    };
  }
  switch (code) {
    case "28000":
      return /no encryption|SSL off/.test(message)
        ? {
          code: "POSTGRES_TLS_REQUIRED",
          cause: `the server requires TLS, but PGSSLMODE=${mode} does not use it: ${message}`,
          remedy: `Set ${named("PGSSLMODE")}=verify-full and PGSSLROOTCERT to the service's ca.pem.`,
        }
        : {
          code: "POSTGRES_ACCESS_DENIED",
          cause: `the server does not accept “${user}”: ${message}`,
          remedy: "Correct PGUSER, pg_hba.conf, or the service's IP filter.",
        };
    case "3D000":
      return missingDatabase(login);
    case "42501":
      return {
        code: "POSTGRES_CONNECT_DENIED",
        cause: `the account is not allowed to connect to the database: ${message}`,
        remedy: `GRANT CONNECT ON DATABASE "${database}" TO "${user}";`,
      };
    case "53300":
      return {
        code: "POSTGRES_CONNECTIONS_EXHAUSTED",
        cause: "the server has no free connection",
        remedy:
          "Close other connections, raise max_connections (Aiven: a larger plan), or connect through a pooler.",
      };
    case "57P03":
      return {
        code: "POSTGRES_NOT_READY",
        cause: `the server is not ready: ${message}`,
        remedy: "The server is starting, stopping or recovering: retry later.",
      };
    default:
      return undefined;
  }
}

/**
 * A database that does not exist.
 *
 * @param detail appended to the cause, such as `, and the account is not allowed to create it`
 */
export const missingDatabase = (
  { database, named = (setting) => setting }: Pick<PostgresLogin, "database" | "named">,
  detail = "",
): Diagnosis => ({
  code: "POSTGRES_DATABASE_MISSING",
  cause: `the database “${database}” does not exist${detail}`,
  remedy:
    `Create it (Aiven: console → Databases → Create database; otherwise CREATE DATABASE "${database}"), or correct ${
      named("PGDATABASE")
    }.`,
});

/** A server without TLS, although `PGSSLMODE` requires it. */
export const missingTls = (
  { mode, named = (setting) => setting }: Pick<PostgresLogin, "mode" | "named">,
): Diagnosis => ({
  code: "POSTGRES_TLS_MISSING",
  cause: `the server does not support TLS, but PGSSLMODE=${mode} requires it`,
  remedy: `Check ${named("PGPORT")}, enable TLS on the server (ssl=on) or, if the network is trusted, set ${
    named("PGSSLMODE")
  }=prefer.`,
});
