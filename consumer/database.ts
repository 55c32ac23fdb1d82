/**
 * The consumer's one connection to PostgreSQL: opened when it is needed, opened again when it broke, waited for while the
 * server is away.
 *
 * @module
 */
import type pg from "pg";
import {
  type ConnectOptions,
  connectPostgres,
  type PostgresSettings,
} from "../shared/postgres/connection.ts";
import { classify, explain, retryClass } from "../shared/postgres/errors.ts";
import { codeOf, messageOf, PermanentError, TransientError } from "../shared/errors.ts";
import { backoffMs, pause } from "../shared/lifecycle.ts";
import type { Availability } from "../shared/observe/availability.ts";

/** Work was given up because it had become pointless or the service is stopping. */
export class AbandonedError extends Error {
  override readonly name = "AbandonedError";
}

/** SQLSTATE query_canceled: by statement_timeout, or by somebody's pg_cancel_backend. */
export const TIMED_OUT = "57014";

/** Called before each new attempt; throwing or returning false gives up. */
export type StillWanted = () => boolean;

/** One connection, one piece of work at a time. */
export class Database implements AsyncDisposable {
  #client: pg.Client | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: PostgresSettings,
    private readonly options: ConnectOptions,
    private readonly availability: Availability,
    private readonly signal: AbortSignal,
    private readonly onFrozenPeers?: (count: number) => void,
  ) {}

  /**
   * Runs `work` on the connection, after all that was asked for before. A transient failure is tried again with backoff, without
   * end, as long as it is wanted; each attempt may get another connection.
   *
   * @param action what could not be done, for the error
   * @throws {AbandonedError} where it is not wanted any more, or the signal given to the constructor aborts in a pause
   * @throws {PermanentError} where a person has to mend something
   * @throws {Error} with code 57014 where the statement took longer than it may; a smaller one may not
   * @throws whatever else `work` throws that is not a failure of PostgreSQL's, or one of class `record`
   */
  run<T>(
    action: string,
    work: (client: pg.Client) => Promise<T>,
    wanted: StillWanted = () => true,
  ): Promise<T> {
    const result = this.#last.then(() => this.#attempts(action, work, wanted));
    this.#last = result.catch(() => {});
    return result;
  }

  async #attempts<T>(
    action: string,
    work: (client: pg.Client) => Promise<T>,
    wanted: StillWanted,
  ): Promise<T> {
    for (let attempt = 0;; attempt++) {
      if (!wanted() || (attempt > 0 && this.signal.aborted)) throw new AbandonedError(action);
      try {
        this.#client ??= await this.#connect();
        const result = await work(this.#client);
        this.availability.up("PostgreSQL");
        return result;
      } catch (error) {
        if (error instanceof TransientError) {
          this.availability.down("PostgreSQL", error, error.class_);
        } else {
          if (!isPostgres(error)) throw error;
          const kind = classify(error);
          // A statement that failed leaves a connection that works; anything else leaves none.
          if (kind === "record") throw error;
          if (codeOf(error) === TIMED_OUT) {
            await this.#endFrozenPeers();
            throw error;
          }
          await this.close();
          if (kind === "permanent") throw new PermanentError(explain(action, error), { cause: error });
          this.availability.down("PostgreSQL", new Error(explain(action, error)), retryClass(error));
        }
        await pause(backoffMs(attempt, 50, 5_000), this.signal);
      }
    }
  }

  /**
   * Ends the transactions of our group's other consumers that wait for the rest of a COPY longer than any transaction may take. A
   * consumer that froze in mid-COPY holds the lock on its progress, and PostgreSQL, which reads from it, does not look at
   * statement_timeout meanwhile. An account may end its own sessions without further privileges.
   */
  async #endFrozenPeers(): Promise<void> {
    const ended = await this.#client?.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
         AND application_name = current_setting('application_name')
         AND state = 'active' AND wait_event = 'ClientRead' AND query LIKE '%consumer_progress%COPY%'
         AND query_start < now() - $1 * interval '1 millisecond'`,
      [this.options.statementTimeoutMs ?? 0],
    ).catch(() => undefined);
    if (ended?.rowCount) this.onFrozenPeers?.(ended.rowCount);
  }

  async #connect(): Promise<pg.Client> {
    const client = await connectPostgres(this.settings, this.options);
    // As a statement, since connection poolers refuse it as a start-up parameter.
    await client.query(`SET statement_timeout = ${this.options.statementTimeoutMs ?? 0}`);
    return client;
  }

  /** Closes the connection; the next work opens another. Never throws. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (!client) return;
    // A connection that broke may never say that it ended.
    await Promise.race([client.end().catch(() => {}), pause(500)]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** Errors that pg reports: they have an SQLSTATE or a code of Node's, or say that the connection ended. */
function isPostgres(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof PermanentError) return false;
  return typeof (error as { code?: unknown }).code === "string" ||
    /connection|terminated|timeout|not queryable|client was closed/i.test(messageOf(error));
}
