/**
 * Connects to PostgreSQL. `sslmode` has the same meaning as in libpq.
 *
 * @module
 */
import pg from "pg";
import type * as tls from "node:tls";
import { messageOf, PermanentError } from "../errors.ts";
import { waitAtMost } from "../lifecycle.ts";
import type { Settings } from "../settings/table.ts";
import { postgresTlsFiles, readTlsFiles, shouldVerifyServer } from "../settings/tls_files.ts";
import { isTlsRelated, PASSWORD_MISSING } from "../diagnosis/postgres_login.ts";
import { connectError } from "./errors.ts";

/** The settings of a connection. */
export type PostgresSettings = Pick<Settings, Extract<keyof Settings, `PG${string}`>>;

/** Further options of a connection. */
export interface ConnectOptions {
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Default: `PGDATABASE`. */
  readonly database?: string;
  /** Called when the connection to another network falls back to plaintext, as `sslmode` allows. */
  readonly onPlaintext?: (message: string) => void;
  /** Aborts the attempt, since `PGCONNECT_TIMEOUT` may exceed the shutdown timeout. */
  readonly signal?: AbortSignal;
}

/**
 * The TLS options of an `sslmode`, in the order of the attempts; `false`: no TLS.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 * @throws {SettingsError} if a certificate or key file cannot be used
 */
export function tlsAttempts(settings: PostgresSettings): (tls.ConnectionOptions | false)[] {
  const { PGSSLMODE: mode } = settings;
  if (mode === "disable") return [false];
  const files = readTlsFiles(postgresTlsFiles(settings));
  const options: tls.ConnectionOptions = {
    ...files,
    rejectUnauthorized: shouldVerifyServer(settings),
    // verify-ca: the chain but not the host name. `system` requires verify-full.
    ...shouldVerifyServer(settings) && mode !== "verify-full" && { checkServerIdentity: () => undefined },
  };
  if (mode === "allow") return [false, options];
  return mode === "prefer" ? [options, false] : [options];
}

/**
 * Opens a connection.
 *
 * @throws {PermanentError} wrong or missing credentials, unknown database, untrusted certificate, TLS required but not available
 * @throws {TransientError} the server is unavailable, starting, or has no free connection
 */
export async function connectPostgres(
  settings: PostgresSettings,
  options: ConnectOptions,
): Promise<pg.Client> {
  const attempts = tlsAttempts(settings);
  for (const [index, ssl] of attempts.entries()) {
    const client = new pg.Client({
      host: settings.PGHOST,
      port: settings.PGPORT,
      user: settings.PGUSER,
      // A function: without a password pg would read ~/.pgpass, for which the services have no permission, and hang.
      password: () => passwordOf(settings),
      database: options.database ?? settings.PGDATABASE,
      ssl,
      application_name: options.applicationName,
      options: settings.PGOPTIONS,
      connectionTimeoutMillis: settings.PGCONNECT_TIMEOUT * 1000,
      keepAlive: true,
    });
    // Without a listener an error between two queries would crash the process; the next query reports it.
    client.on("error", () => {});
    try {
      await connect(client, options.signal);
      return client;
    } catch (error) {
      // Not awaited: end() may never settle if the connection failed.
      client.end().catch(() => {});
      const next = attempts[index + 1];
      if (next === undefined || !isTlsRelated(error)) {
        throw connectError(error, settings, options.database);
      }
      if (next === false && !isLocal(settings.PGHOST)) {
        options.onPlaintext?.(
          `PostgreSQL at ${settings.PGHOST}:${settings.PGPORT} does not accept TLS (${
            messageOf(error)
          }); falling back to plaintext, as PGSSLMODE=${settings.PGSSLMODE} allows. Set PGSSLMODE=verify-full on untrusted networks.`,
        );
      }
    }
  }
  throw new Error("unreachable: there is always an attempt");
}

/** Whether a host is this machine, or a name without a domain, such as that of a container in the same network. */
const isLocal = (host: string) => /^(127\.[\d.]+|::1|[^.:]+)$/.test(host);

/** Connects, or rejects if the signal aborts. */
async function connect(client: pg.Client, signal: AbortSignal | undefined): Promise<void> {
  const abort = () => client.connection.stream.destroy();
  const connected = client.connect();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort);
  try {
    await connected;
  } finally {
    signal?.removeEventListener("abort", abort);
  }
}

/** Called when the server requests a password. */
function passwordOf({ PGPASSWORD }: PostgresSettings): string {
  if (PGPASSWORD !== "") return PGPASSWORD;
  throw new PermanentError({
    code: PASSWORD_MISSING,
    cause: "no password is set",
    remedy: "Set PGPASSWORD.",
  });
}

/** Time to wait for the end of a session. */
const END_TIMEOUT_MS = 500;

/** Ends a session. Never throws, and does not wait for long: `end()` may never settle if the connection is broken. */
export const endSession = (client: pg.Client): Promise<void> =>
  waitAtMost(END_TIMEOUT_MS, client.end().catch(() => {}));
