/**
 * One connection of the dashboard to PostgreSQL: it may only read, and no statement of it runs long.
 *
 * @module
 */
import type pg from "pg";
import { PermanentError, TransientError } from "../../shared/errors.ts";
import { pause } from "../../shared/lifecycle.ts";
import { connectPostgres, type PostgresSettings } from "../../shared/postgres/connection.ts";
import { READER_ROLE } from "../../shared/schema/reader_role.ts";
import {
  inspectSession,
  inTransaction,
  type LocalSettings,
  TEXT_FORMAT,
  type TransactionStart,
} from "../../shared/postgres/session.ts";

/** Limits of what a transaction may take from the server, and plans that read ranges of blocks. Timeouts in milliseconds. */
const LIMITS: LocalSettings = {
  statement_timeout: 2_000,
  lock_timeout: 500,
  max_parallel_workers_per_gather: 0,
  jit: "off",
  enable_seqscan: "off",
  enable_tidscan: "on",
};
/** After this long the connection is given up: the server is frozen, or the network swallows packets. */
const WORK_TIMEOUT_MS = 6_000;

/** How a {@link Reader} is made. */
export interface ReaderOptions {
  /** The tables that it reads, as far as they exist. */
  readonly tables: readonly string[];
  /** Told what may be worth a warning: a connection without TLS, a role that cannot be used. The same text may come again. */
  readonly onWarning: (event: "plaintext" | "reader_role", message: string) => void;
}

/** One read-only connection. Its work must not overlap; `SearchPool` sees to that for searches. */
export class Reader implements AsyncDisposable {
  #client: pg.Client | undefined;
  #start: TransactionStart | undefined;

  constructor(private readonly settings: PostgresSettings, private readonly options: ReaderOptions) {}

  /**
   * Runs `work` in a transaction of its own, so that all its statements see the same rows. It is not tried again.
   *
   * @throws {TransientError} {@link PermanentError} where the server can't be reached or refuses
   * @throws whatever `work` throws
   */
  async run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const timeout = pause(WORK_TIMEOUT_MS, over.signal).then(() => {
      throw new TransientError(
        {
          action: `Cannot read from PostgreSQL at ${this.settings.PGHOST}:${this.settings.PGPORT}`,
          code: "POSTGRES_READ_TIMEOUT",
          cause: `no response within ${WORK_TIMEOUT_MS / 1000} s`,
          remedy: "",
        },
        "connection",
      );
    });
    timeout.catch(() => {});
    try {
      this.#client ??= await this.#connect();
      return await Promise.race([this.#transaction(this.#client, work), timeout]);
    } catch (error) {
      await this.#close();
      throw error;
    } finally {
      over.abort();
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = await connectPostgres(this.settings, {
      applicationName: "dashboard",
      onPlaintext: (message) => this.options.onWarning("plaintext", message),
    });
    try {
      const session = await inspectSession(client);
      if (session.version < 140_000) {
        throw new PermanentError({
          code: "POSTGRES_VERSION_UNSUPPORTED",
          cause:
            "the dashboard requires PostgreSQL 14 or later, since earlier versions have no TID range scans",
          remedy: "Upgrade the server.",
        });
      }
      // Without the role for readers the account's own rights have to do; writing is off all the same.
      this.#start = { session, mode: "REPEATABLE READ READ ONLY", settings: { ...TEXT_FORMAT, ...LIMITS } };
      return client;
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
  }

  #transaction<T>(client: pg.Client, work: (client: pg.Client) => Promise<T>): Promise<T> {
    const start = this.#start!;
    return inTransaction(client, start, async () => {
      const { rows: [role] } = await client.query<{ unreadable: string[] }>(
        takeRoleSql(start.session.version),
        [READER_ROLE, this.options.tables],
      );
      const tables = role?.unreadable.join(", ");
      if (tables) {
        this.options.onWarning(
          "reader_role",
          `The role ${READER_ROLE} exists and may not read ${tables}. The dashboard reads with the rights of ` +
            `${this.settings.PGUSER}. To have it take the role: GRANT SELECT ON ${tables} TO ${READER_ROLE}.`,
        );
      }
      return await work(client);
    });
  }

  async #close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    // A connection that broke may never say that it ended.
    await Promise.race([client.end().catch(() => {}), pause(300)]);
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/**
 * Takes the role that may only read until the transaction ends, if that role exists, the account may take it, and it may read all of
 * the tables ($2) that exist here: roles belong to the whole server, so that it may have been created for another database. The
 * result names the tables that keep the role from being taken; no row: there is no such role, or it is not the account's to take.
 */
const takeRoleSql = (version: number) =>
  `SELECT unreadable, CASE WHEN cardinality(unreadable) = 0 THEN set_config('role', $1, true) END AS taken
   FROM pg_roles AS r CROSS JOIN LATERAL (
     SELECT array(
       SELECT t.name FROM unnest($2::text[]) AS t (name) JOIN pg_class AS c ON c.oid = to_regclass(quote_ident(t.name))
       WHERE NOT has_schema_privilege(r.oid, c.relnamespace, 'USAGE') OR NOT has_table_privilege(r.oid, c.oid, 'SELECT')
     )
   ) AS u (unreadable)
   WHERE r.rolname = $1 AND pg_has_role(r.oid, '${version < 160_000 ? "MEMBER" : "SET"}')`;
