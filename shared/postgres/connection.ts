/**
 * Connections to PostgreSQL, with `sslmode` meaning what libpq says it means.
 *
 * @module
 */
import pg from "pg";
import type * as tls from "node:tls";
import { messageOf, PermanentError } from "../errors.ts";
import type { Settings } from "../settings/table.ts";
import { postgresTlsFiles, readTlsFiles, shouldVerifyServer } from "../settings/tls_files.ts";
import { PASSWORD_MISSING } from "../diagnosis/postgres_login.ts";
import { connectError } from "./errors.ts";

/** The settings that connect to PostgreSQL. */
export type PostgresSettings = Pick<Settings, Extract<keyof Settings, `PG${string}`>>;

/** What else a connection can be given. */
export interface ConnectOptions {
  /** Shown in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Instead of `PGDATABASE`. */
  readonly database?: string;
  /** Told when `sslmode` lets a connection be made without TLS after TLS was tried. */
  readonly onPlaintext?: (message: string) => void;
  /** Ends the attempt to connect. `PGCONNECT_TIMEOUT` may be longer than a stop may take. */
  readonly signal?: AbortSignal;
}

/**
 * The TLS options that an `sslmode` stands for, one after another as they are tried; `false`: no TLS.
 *
 * @see https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-SSLMODE-STATEMENTS
 * @throws {SettingsError} if a certificate or key file can't be used
 */
export function tlsAttempts(settings: PostgresSettings): (tls.ConnectionOptions | false)[] {
  const { PGSSLMODE: mode } = settings;
  if (mode === "disable") return [false];
  const files = readTlsFiles(postgresTlsFiles(settings));
  const options: tls.ConnectionOptions = {
    ...files,
    rejectUnauthorized: shouldVerifyServer(settings),
    // The chain without the name, as verify-ca; `system` comes with verify-full only, see `settings/validate.ts`.
    ...shouldVerifyServer(settings) && mode !== "verify-full" && { checkServerIdentity: () => undefined },
  };
  if (mode === "allow") return [false, options];
  return mode === "prefer" ? [options, false] : [options];
}

/**
 * Connects.
 *
 * @throws {PermanentError} wrong credentials or none, no such database, a certificate that is not to be trusted, no TLS where it is asked for
 * @throws {TransientError} a server that is away, starting, or has no connection left
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
      // A function: without a password pg would look for a file of passwords, which the services may not read, and never answer.
      password: () => passwordOf(settings),
      database: options.database ?? settings.PGDATABASE,
      ssl,
      application_name: options.applicationName,
      options: settings.PGOPTIONS,
      connectionTimeoutMillis: settings.PGCONNECT_TIMEOUT * 1000,
      keepAlive: true,
    });
    // Without a listener an error between two queries would end the process; the next query reports it.
    client.on("error", () => {});
    try {
      await connect(client, options.signal);
      return client;
    } catch (error) {
      // Not awaited: ending a client that failed to connect may never settle.
      client.end().catch(() => {});
      const next = attempts[index + 1];
      if (next === undefined || !isAboutTls(error)) {
        throw connectError(error, settings, options.database);
      }
      if (next === false) {
        options.onPlaintext?.(
          `PostgreSQL at ${settings.PGHOST}:${settings.PGPORT} can't be had with TLS (${
            messageOf(error)
          }); connecting ` +
            `without, as PGSSLMODE=${settings.PGSSLMODE} allows. Set PGSSLMODE=verify-full where the network is not your own.`,
        );
      }
    }
  }
  throw new Error("unreachable: there is always an attempt");
}

/** Connects, and gives up when the signal aborts. */
async function connect(client: pg.Client, signal: AbortSignal | undefined): Promise<void> {
  const giveUp = () => client.connection.stream.destroy();
  const connected = client.connect();
  if (signal?.aborted) giveUp();
  signal?.addEventListener("abort", giveUp);
  try {
    await connected;
  } finally {
    signal?.removeEventListener("abort", giveUp);
  }
}

/** Called when the server asks for it. */
function passwordOf({ PGPASSWORD }: PostgresSettings): string {
  if (PGPASSWORD !== "") return PGPASSWORD;
  throw new PermanentError({
    code: PASSWORD_MISSING,
    cause: "no password is set",
    remedy: "Set PGPASSWORD.",
  });
}

/** Whether the other way, with or without TLS, may work. 28000 is how pg_hba.conf refuses a connection for its lack of TLS. */
function isAboutTls(error: unknown): boolean {
  const { code } = error as { code?: string };
  return code === "28000" || /SSL|TLS/i.test(messageOf(error)) || /^ERR_(SSL|TLS)_/.test(code ?? "");
}
