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

/** Work took longer than it may: PostgreSQL ended it, or did not answer any more. A smaller one may do. */
export class TooLongError extends Error {
  override readonly name = "TooLongError";
}

/** SQLSTATE query_canceled: by statement_timeout, or by somebody's pg_cancel_backend. */
const TIMED_OUT = "57014";

/** Milliseconds beyond statement_timeout after which a server that has said nothing is not there any more. */
const GRACE_MS = 10_000;

/** How a database is connected to. */
export interface DatabaseOptions extends ConnectOptions {
  /** After this long, milliseconds, the server ends a statement; 0: never. */
  readonly statementTimeoutMs: number;
}

/** How work is tried. */
export interface Attempts {
  /** Called before each new attempt; returning false gives up. */
  readonly wanted?: () => boolean;
  /** Whether the work can be made smaller: when it takes too long it is not tried again as it is. */
  readonly divisible?: boolean;
}

/** One connection, one piece of work at a time. */
export class Database implements AsyncDisposable {
  #client: pg.Client | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly settings: PostgresSettings,
    private readonly options: DatabaseOptions,
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
   * @throws {TooLongError} where it took longer than it may, and is `divisible`
   * @throws whatever else `work` throws that is not a failure of PostgreSQL's, or one of class `record`
   */
  run<T>(
    action: string,
    work: (client: pg.Client) => Promise<T>,
    attempts: Attempts = {},
  ): Promise<T> {
    const result = this.#last.then(() => this.#attempts(action, work, attempts));
    this.#last = result.catch(() => {});
    return result;
  }

  async #attempts<T>(
    action: string,
    work: (client: pg.Client) => Promise<T>,
    { wanted = () => true, divisible = false }: Attempts,
  ): Promise<T> {
    for (let attempt = 0;; attempt++) {
      if (!wanted() || (attempt > 0 && this.signal.aborted)) throw new AbandonedError(action);
      try {
        this.#client ??= await this.#connect();
        const result = await this.#answered(work(this.#client));
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
          const timedOut = codeOf(error) === TIMED_OUT;
          if (timedOut) await this.#endFrozenPeers();
          if (timedOut && divisible) throw new TooLongError(messageOf(error), { cause: error });
          if (!timedOut) await this.close();
          if (kind === "permanent") throw new PermanentError(explain(action, error), { cause: error });
          this.availability.down("PostgreSQL", new Error(explain(action, error)), retryClass(error));
          if (error instanceof SilentError && divisible) {
            throw new TooLongError(messageOf(error), { cause: error });
          }
        }
        await pause(backoffMs(attempt, 50, 5_000), this.signal);
      }
    }
  }

  /**
   * Ends the transactions of our group's other consumers that wait for the rest of a COPY longer than any transaction may take. A
   * consumer that froze in mid-COPY holds the lock on its progress, and PostgreSQL, which reads from it, does not look at
   * statement_timeout meanwhile. An account may end its own sessions without further privileges. A transaction is known by its
   * beginning: of a long query PostgreSQL shows no more than that (track_activity_query_size).
   */
  async #endFrozenPeers(): Promise<void> {
    const ended = this.#client && await this.#answered(this.#client.query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
       WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()
         AND application_name = current_setting('application_name')
         AND state = 'active' AND wait_event = 'ClientRead' AND query LIKE 'WITH moved AS%'
         AND query_start < now() - $1 * interval '1 millisecond'`,
      [this.options.statementTimeoutMs],
    )).catch(() => undefined);
    if (ended?.rowCount) this.onFrozenPeers?.(ended.rowCount);
  }

  async #connect(): Promise<pg.Client> {
    const client = await connectPostgres(this.settings, this.options);
    // As a statement, since connection poolers refuse it as a start-up parameter.
    const sql = `SET statement_timeout = ${this.options.statementTimeoutMs}`;
    await this.#answered(client.query(sql)).catch((error) => {
      client.end().catch(() => {});
      throw error;
    });
    return client;
  }

  /**
   * What the server answers. It ends a statement in time, and says so; where nothing comes, the server or the way to it is gone
   * without a word, and TCP alone would wait for hours.
   */
  async #answered<T>(work: Promise<T>): Promise<T> {
    const { statementTimeoutMs } = this.options;
    if (!statementTimeoutMs) return await work;
    const { promise: silence, reject } = Promise.withResolvers<never>();
    const ms = statementTimeoutMs + GRACE_MS;
    const timer = setTimeout(() => reject(new SilentError(`no answer for ${ms / 1000} s`)), ms);
    try {
      return await Promise.race([work, silence]);
    } finally {
      clearTimeout(timer);
    }
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

/** The server does not answer. What it did is unknown. */
class SilentError extends Error {
  override readonly name = "SilentError";
}

/** Errors that pg reports: they have an SQLSTATE or a code of Node's, or say that the connection ended. */
export function isPostgres(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof PermanentError) return false;
  if (error instanceof SilentError) return true;
  return typeof (error as { code?: unknown }).code === "string" ||
    /connection|terminated|timeout|not queryable|client was closed/i.test(messageOf(error));
}
