/**
 * The consumer's one connection to PostgreSQL: opened when it is needed, opened again when it broke, waited for while the
 * server is away.
 *
 * @module
 */
import type pg from "pg";
import { createHash } from "node:crypto";
import {
  type ConnectOptions,
  connectPostgres,
  type PostgresSettings,
} from "../../shared/postgres/connection.ts";
import {
  classify,
  isPostgresError,
  permanentStatementError,
  transientStatementError,
} from "../../shared/postgres/errors.ts";
import {
  inspectSession,
  inTransaction,
  type SessionInfo,
  type TransactionStart,
  transactionStartSql,
} from "../../shared/postgres/session.ts";
import { codeOf, messageOf, TransientError } from "../../shared/errors.ts";
import { backoffMs, pause } from "../../shared/lifecycle.ts";
import type { Availability } from "../../shared/observe/availability.ts";

/** Work was given up because it had become pointless or the service is stopping. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
}

/** Work took longer than it may: PostgreSQL ended it, or did not answer any more. A smaller one may do. */
export class StatementTimeoutError extends Error {
  override readonly name = "StatementTimeoutError";
}

/** SQLSTATE query_canceled: by statement_timeout, or by somebody's pg_cancel_backend. */
const TIMED_OUT = "57014";

/** SQLSTATE idle_session_timeout: the server closed the session before it received the statement. */
const IDLE_SESSION_TIMEOUT = "57P05";

/** Milliseconds beyond statement_timeout after which a server that has said nothing is not there any more. */
const GRACE_MS = 10_000;

/** How a database is connected to. */
export interface DatabaseOptions extends ConnectOptions {
  /** The consumer group: transactions of its members find each other by it. */
  readonly group: string;
  /** After this long, milliseconds, the server ends a statement; 0: never. */
  readonly statementTimeoutMs: number;
}

/** How work is tried. */
export interface Attempts {
  /** Called before each new attempt; returning false gives up. */
  readonly shouldRetry?: () => boolean;
  /** Whether the work can be made smaller: when it takes too long it is not tried again as it is. */
  readonly canSplit?: boolean;
  /** Whether the work begins and commits its transaction itself: it is a single Query message, with the data of its COPYs. */
  readonly isOneMessage?: boolean;
}

/**
 * A comment that the transactions of a group's members begin with. A pooler may hide application_name, and of a long query PostgreSQL
 * shows only the beginning (track_activity_query_size): the comment says what the query does, and has a hash of the group's name.
 */
export const groupComment = (group: string): string =>
  `/* COPY of consumer group ${createHash("sha256").update(group).digest("hex").slice(0, 16)} */`;

/** What is done on a connection; a message of its own begins with `start`. */
type Work<T> = (client: pg.Client, start: string) => Promise<T>;

/** One connection, one piece of work at a time. */
export class Database implements AsyncDisposable {
  #client: pg.Client | undefined;
  #session: SessionInfo | undefined;
  #isIdle = true;
  #last: Promise<unknown> = Promise.resolve();
  readonly #comment: string;
  /** Called when a connection replaced a previous one, perhaps to another server: what is stored there may be older. */
  onReconnect: (() => void) | undefined;

  constructor(
    private readonly settings: PostgresSettings,
    private readonly options: DatabaseOptions,
    private readonly availability: Availability,
    private readonly signal: AbortSignal,
    private readonly onFrozenPeers?: (count: number) => void,
  ) {
    this.#comment = groupComment(options.group);
  }

  /**
   * Runs `work` in a transaction, after all that was asked for before. A transient failure is tried again with backoff,
   * without end, as long as it is wanted; each attempt may get another connection.
   *
   * @param action what could not be done, for the error
   * @throws {CancelledError} where it is not wanted any more, or the signal given to the constructor aborts in a pause
   * @throws {PermanentError} where a person has to mend something
   * @throws {StatementTimeoutError} where it took longer than it may, and is `canSplit`
   * @throws whatever else `work` throws that is not a failure of PostgreSQL's, or one of class `record` or `internal`
   */
  run<T>(action: string, work: Work<T>, attempts: Attempts = {}): Promise<T> {
    const result = this.#last.then(() => this.#attempts(action, work, attempts));
    this.#last = result.catch(() => {});
    return result;
  }

  #transaction<T>(client: pg.Client, work: Work<T>): Promise<T> {
    return inTransaction(client, this.#start, () => work(client, ""));
  }

  async #message<T>(client: pg.Client, work: Work<T>): Promise<T> {
    try {
      return await work(client, `${this.#comment} ${transactionStartSql(this.#start)};\n`);
    } catch (error) {
      // COPY data that was still under way when the statement failed would occupy another connection of the pooler for good.
      if (this.#session?.isPooled) await this.close();
      throw error;
    }
  }

  /** How a transaction begins on the connection in hand. */
  get #start(): TransactionStart {
    return {
      session: this.#session!,
      settings: { statement_timeout: this.options.statementTimeoutMs },
    };
  }

  async #attempts<T>(
    action: string,
    work: Work<T>,
    { shouldRetry: wanted = () => true, canSplit = false, isOneMessage = false }: Attempts,
  ): Promise<T> {
    for (let attempt = 0;; attempt++) {
      if (!wanted() || (attempt > 0 && this.signal.aborted)) throw new CancelledError(action);
      try {
        this.#client ??= await this.#connect();
        const client = this.#client;
        this.#isIdle = false;
        const result = await this.#answered(
          isOneMessage ? this.#message(client, work) : this.#transaction(client, work),
        ).finally(() => this.#isIdle = true);
        this.availability.up("PostgreSQL");
        return result;
      } catch (error) {
        if (error instanceof TransientError) {
          this.availability.down("PostgreSQL", error, error.kind);
        } else {
          if (!isPostgresError(error)) throw error;
          const kind = classify(error);
          // A statement that failed leaves a connection that works; anything else leaves none.
          if (kind === "record" || kind === "internal") throw error;
          if (codeOf(error) === IDLE_SESSION_TIMEOUT) {
            await this.close();
            continue;
          }
          const timedOut = codeOf(error) === TIMED_OUT;
          if (timedOut) await this.#endFrozenPeers();
          if (timedOut && canSplit) throw new StatementTimeoutError(messageOf(error), { cause: error });
          if (!timedOut) await this.close();
          if (kind === "environment") throw permanentStatementError(action, error);
          const failure = transientStatementError(action, error);
          this.availability.down("PostgreSQL", failure, failure.kind);
          if (error instanceof ResponseTimeoutError && canSplit) {
            throw new StatementTimeoutError(messageOf(error), { cause: error });
          }
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
    try {
      this.#client ??= await this.#connect();
      const { rowCount } = await this.#answered(this.#client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()
           AND state = 'active' AND wait_event = 'ClientRead' AND starts_with(query, $1)
           AND query_start < now() - $2 * interval '1 millisecond'`,
        [this.#comment, this.options.statementTimeoutMs],
      ));
      if (rowCount) this.onFrozenPeers?.(rowCount);
    } catch {
      // The work that timed out is tried again, and reports what is wrong with the connection.
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = await connectPostgres(this.settings, this.options);
    try {
      const session = await this.#answered(inspectSession(client));
      if (this.#session) this.onReconnect?.();
      // The first connection decides: the tables are the same ones as long as the process lives.
      this.#session = { ...session, searchPath: this.#session?.searchPath ?? session.searchPath };
      client.on("error", () => this.#forgetIdle(client)).on("end", () => this.#forgetIdle(client));
      return client;
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
  }

  /** A connection that a server or a proxy closes while nothing is under way is no outage: the next work opens another. */
  #forgetIdle(client: pg.Client): void {
    if (!this.#isIdle || this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
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
    const timer = setTimeout(() => reject(new ResponseTimeoutError(`no answer for ${ms / 1000} s`)), ms);
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
    const over = new AbortController();
    await Promise.race([client.end().catch(() => {}), pause(500, over.signal)]);
    over.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The server did not respond. The outcome of the work is unknown. */
class ResponseTimeoutError extends Error {
  override readonly name = "ResponseTimeoutError";
  readonly code = "ETIMEDOUT";
}
