/**
 * A read-only connection of the dashboard to PostgreSQL with short timeouts.
 *
 * @module
 */
import type pg from "pg";
import { PermanentError, TransientError } from "../../shared/errors.ts";
import { pause, waitAtMost } from "../../shared/lifecycle.ts";
import { connectPostgres, type PostgresSettings } from "../../shared/postgres/connection.ts";
import { READER_ROLE } from "../../shared/schema/reader_role.ts";
import {
  inspectSession,
  inTransaction,
  type LocalSettings,
  TEXT_FORMAT,
  type TransactionStart,
} from "../../shared/postgres/session.ts";

/** Bounds the load of a transaction and enforces plans that read ranges of blocks. Timeouts in milliseconds. */
const LIMITS: LocalSettings = {
  statement_timeout: 2_000,
  lock_timeout: 500,
  max_parallel_workers_per_gather: 0,
  jit: "off",
  enable_seqscan: "off",
  enable_tidscan: "on",
};
/** Closes the connection if the server stalls or the network drops packets. */
const WORK_TIMEOUT_MS = 6_000;

export interface ReaderOptions {
  /** Tables to read; they need not exist. */
  readonly tables: readonly string[];
  /** Called for a connection without TLS and for an unusable role, possibly repeatedly with the same message. */
  readonly onWarning: (event: "plaintext" | "reader_role", message: string) => void;
}

/** One read-only connection. Calls of {@link Reader.run} must not overlap; `SearchPool` ensures that for searches. */
export class Reader implements AsyncDisposable {
  #client: pg.Client | undefined;
  #start: TransactionStart | undefined;

  constructor(private readonly settings: PostgresSettings, private readonly options: ReaderOptions) {}

  /**
   * Runs `work` in its own transaction, so that all its statements see the same snapshot. Does not retry.
   *
   * @throws {TransientError} if the server is unavailable
   * @throws {PermanentError} if the server rejects the connection
   * @throws what `work` throws
   */
  async run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const done = new AbortController();
    const timeout = pause(WORK_TIMEOUT_MS, done.signal).then(() => {
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
      done.abort();
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
      // The transaction is read-only even if the reader role cannot be used.
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
    // end() may never resolve on a broken connection.
    await waitAtMost(300, client.end().catch(() => {}));
    (client as unknown as { connection: { stream: { destroy(): void } } }).connection.stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#close();
  }
}

/**
 * Takes the reader role until the end of the transaction, if it exists, the account is a member, and the role can read all existing
 * tables of $2: roles belong to the whole server, so that it may have been created for another database. Returns the unreadable
 * tables; no row if the role does not exist or the account cannot take it.
 */
const takeRoleSql = (version: number) =>
  `SELECT unreadable, CASE WHEN cardinality(unreadable) = 0 THEN set_config('role', $1, true) END AS taken
   FROM pg_roles AS r CROSS JOIN LATERAL (
     SELECT array(
       SELECT t.name FROM unnest($2::text[]) AS t (name) JOIN pg_class AS c ON c.oid = to_regclass(t.name)
       WHERE NOT has_schema_privilege(r.oid, c.relnamespace, 'USAGE') OR NOT has_table_privilege(r.oid, c.oid, 'SELECT')
     )
   ) AS u (unreadable)
   WHERE r.rolname = $1 AND pg_has_role(r.oid, '${version < 160_000 ? "MEMBER" : "SET"}')`;
