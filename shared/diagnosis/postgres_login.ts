/**
 * Causes and remedies of connections to PostgreSQL that the server refuses before the first statement.
 *
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 * @module
 */
import { codeOf, type Diagnosis, messageOf, PermanentError } from "../errors.ts";

/** Code of the error when the server asks for a password and none is set. */
export const PASSWORD_MISSING = "POSTGRES_PASSWORD_MISSING";

/** What a connection is opened with. */
export interface PostgresLogin {
  readonly user: string;
  readonly database: string;
  /** `PGSSLMODE` */
  readonly mode: string;
  /** How the remedy names a setting, such as `PGUSER (in DATABASE_URL)`; default: by its name. */
  readonly named?: (setting: "PGUSER" | "PGPASSWORD" | "PGSSLMODE" | "PGDATABASE" | "PGPORT") => string;
}

/** The diagnosis of a login that failed; `undefined`: not an error of the login. */
export function diagnosePostgresLogin(error: unknown, login: PostgresLogin): Diagnosis | undefined {
  const { user, database, mode, named = (setting: string) => setting } = login;
  const original = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const message = messageOf(original).replace(/\.$/, "");
  if (original instanceof PermanentError && original.code === PASSWORD_MISSING) {
    return {
      code: PASSWORD_MISSING,
      cause: `the server asks “${user}” for a password, and there is none`,
      remedy: `Set ${named("PGPASSWORD")} or PGPASSWORD_FILE (Aiven: console → Users).`,
    };
  }
  // pg's own words for a server that answers a request for TLS with "N".
  if (message.includes("does not support SSL")) return missingTls(login);
  const code = codeOf(original);
  if (code === "28P01" || code === undefined && /SASL|password/i.test(message)) {
    return {
      code: "POSTGRES_LOGIN_FAILED",
      cause: `the server refused the password of “${user}”: ${message}`,
      remedy: `Check ${named("PGUSER")} and ${named("PGPASSWORD")} (Aiven: console → Users).`,
    };
  }
  switch (code) {
    case "28000":
      return /no encryption|SSL off/.test(message)
        ? {
          code: "POSTGRES_TLS_REQUIRED",
          cause:
            `the server takes connections with TLS only, and PGSSLMODE=${mode} makes them without: ${message}`,
          remedy: `Set ${named("PGSSLMODE")}=verify-full and PGSSLROOTCERT to the service's ca.pem.`,
        }
        : {
          code: "POSTGRES_ACCESS_DENIED",
          cause: `the server does not let “${user}” in: ${message}`,
          remedy: "Correct PGUSER, or what pg_hba.conf (or the service's IP filter) lets in.",
        };
    case "3D000":
      return missingDatabase(login);
    case "42501":
      return {
        code: "POSTGRES_CONNECT_DENIED",
        cause: `the account may not connect to the database: ${message}`,
        remedy: `GRANT CONNECT ON DATABASE "${database}" TO "${user}";`,
      };
    case "53300":
      return {
        code: "POSTGRES_CONNECTIONS_EXHAUSTED",
        cause: "the server has no connection left",
        remedy: "Close others, raise max_connections (Aiven: a larger plan), or connect through a pool.",
      };
    case "57P03":
      return {
        code: "POSTGRES_NOT_READY",
        cause: `the server is not ready: ${message}`,
        remedy: "It is starting, stopping or recovering: try again in a moment.",
      };
    default:
      return undefined;
  }
}

/**
 * A database that does not exist.
 *
 * @param detail continues the cause, such as `, and the account may not create it`
 */
export const missingDatabase = (
  { database, named = (setting) => setting }: Pick<PostgresLogin, "database" | "named">,
  detail = "",
): Diagnosis => ({
  code: "POSTGRES_DATABASE_MISSING",
  cause: `there is no database “${database}”${detail}`,
  remedy:
    `Create it (Aiven: console → Databases → Create database; else CREATE DATABASE "${database}"), or correct ${
      named("PGDATABASE")
    }.`,
});

/** A server without TLS, which `PGSSLMODE` asks for. */
export const missingTls = (
  { mode, named = (setting) => setting }: Pick<PostgresLogin, "mode" | "named">,
): Diagnosis => ({
  code: "POSTGRES_TLS_MISSING",
  cause: `the server offers no TLS, and PGSSLMODE=${mode} asks for it`,
  remedy: `Check ${
    named("PGPORT")
  }, turn TLS on at the server (ssl=on) or, where the network is your own, set ${named("PGSSLMODE")}=prefer.`,
});
