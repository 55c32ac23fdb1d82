/**
 * The dashboard's one connection to PostgreSQL: it may only read, and no statement of it runs long.
 *
 * @module
 */
import type pg from "pg";
import { PermanentError, TransientError } from "../../shared/errors.ts";
import { pause } from "../../shared/lifecycle.ts";
import { connectPostgres, type PostgresSettings } from "../../shared/postgres/connection.ts";
import { READER_ROLE } from "../../shared/postgres/reader_role.ts";
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
/** More work than this waiting is refused. */
const MOST_WAITING = 20;

/** Too many ask at the same time. */
export class BusyError extends Error {
  override readonly name = "BusyError";
}

/** One read-only connection, one piece of work at a time. */
export class Reader implements AsyncDisposable {
  #client: pg.Client | undefined;
  #start: TransactionStart | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** @param onPlaintext told when `PGSSLMODE` lets a connection be made without TLS after TLS was tried */
  constructor(
    private readonly settings: PostgresSettings,
    private readonly onPlaintext: (message: string) => void,
  ) {}

  /**
   * Runs `work` in a transaction of its own, so that all its statements see the same rows. It is not tried again.
   *
   * @throws {BusyError} where too much is waiting
   * @throws {TransientError} {@link PermanentError} where the server can't be reached or refuses
   * @throws whatever `work` throws
   */
  run<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    if (this.#waiting >= MOST_WAITING) return Promise.reject(new BusyError("Too many questions at a time."));
    this.#waiting++;
    const result = this.#last.then(() => this.#attempt(work)).finally(() => this.#waiting--);
    this.#last = result.catch(() => {});
    return result;
  }

  async #attempt<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const over = new AbortController();
    const timeout = pause(WORK_TIMEOUT_MS, over.signal).then(() => {
      throw new TransientError(
        `Cannot read from PostgreSQL at ${this.settings.PGHOST}:${this.settings.PGPORT}: no answer within ${
          WORK_TIMEOUT_MS / 1000
        } s.`,
        "connection",
      );
    });
    timeout.catch(() => {});
    try {
      this.#client ??= await this.#connect();
      const client = this.#client;
      return await Promise.race([inTransaction(client, this.#start!, () => work(client)), timeout]);
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
      onPlaintext: this.onPlaintext,
    });
    try {
      const session = await inspectSession(client);
      if (session.version < 140_000) {
        throw new PermanentError(
          "The dashboard needs PostgreSQL 14 or later: older ones can't read a range of blocks.",
        );
      }
      const { rows: [account] } = await client.query<{ reads: boolean }>(
        "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1 AND pg_has_role(current_user, oid, $2)) AS reads",
        [READER_ROLE, session.version < 160_000 ? "MEMBER" : "SET"],
      );
      const settings = {
        ...TEXT_FORMAT,
        ...LIMITS,
        // Without the role for readers the account's own rights have to do; writing is off all the same.
        role: account!.reads ? READER_ROLE : undefined,
      };
      this.#start = { session, mode: "REPEATABLE READ READ ONLY", settings };
      return client;
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
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
