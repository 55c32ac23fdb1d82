/**
 * The consumer's connection to PostgreSQL: opened on demand, reopened after failures, with retries while the server is unavailable.
 *
 * @module
 */
import type pg from "pg";
import { createHash } from "node:crypto";
import {
  type ConnectOptions,
  connectPostgres,
  endSession,
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

/** Work was cancelled because its result is no longer needed, or because the service stops. */
export class CancelledError extends Error {
  override readonly name = "CancelledError";
}

/** Work exceeded `statement_timeout`, or the server did not respond. A smaller transaction may succeed. */
export class StatementTimeoutError extends Error {
  override readonly name = "StatementTimeoutError";
}

/** SQLSTATE query_canceled: by statement_timeout or pg_cancel_backend. */
const QUERY_CANCELED = "57014";

/** SQLSTATE idle_session_timeout: the server closed the session before it received the statement. */
const IDLE_SESSION_TIMEOUT = "57P05";

/**
 * SQLSTATEs that a change of a table or type causes while rows in the previous format are queued: undefined_table, undefined_column,
 * undefined_object, datatype_mismatch, invalid_text_representation (an enum label), invalid_binary_representation.
 */
const TABLE_CHANGED_SQLSTATES = ["42P01", "42703", "42704", "42804", "22P02", "22P03"];

/** How long after statement_timeout a server that has not responded is considered unavailable. */
const RESPONSE_GRACE_MS = 10_000;

/** Options of a {@link Database}. */
export interface DatabaseOptions extends ConnectOptions {
  /** The consumer group. Its members recognize each other's transactions by it. */
  readonly group: string;
  /** `statement_timeout`, milliseconds; 0: none. */
  readonly statementTimeoutMs: number;
}

/** Options of {@link Database.run}. */
export interface RunOptions {
  /** Called before each attempt; returning false cancels the work. */
  readonly shouldRetry?: () => boolean;
  /** The caller can split the work: a timeout is thrown instead of retried. */
  readonly canSplit?: boolean;
  /** The work is a single Query message with its COPY data, which PostgreSQL runs as one transaction. */
  readonly isOneMessage?: boolean;
  /** The tables are verified before the work if that was longer ago. Default: no limit. */
  readonly verifiedWithinMs?: number;
}

/**
 * A comment at the beginning of the group's transactions, with a hash of the group's name, by which `pg_stat_activity` identifies them:
 * a pooler may hide application_name, and only the beginning of a long query is shown (track_activity_query_size).
 */
export const groupComment = (group: string): string =>
  `/* COPY of consumer group ${createHash("sha256").update(group).digest("hex").slice(0, 16)} */`;

/** Work on a connection. If it is one message, `start` is SQL that the message must begin with. */
type Work<T> = (client: pg.Client, start: string) => Promise<T>;

/** A connection that runs one piece of work at a time. */
export class Database implements AsyncDisposable {
  #client: pg.Client | undefined;
  #session: SessionInfo | undefined;
  #isIdle = true;
  /** When {@link verify} was last called on the connection, in milliseconds of the monotonic clock; `undefined`: call it now. */
  #verifiedAt: number | undefined;
  #last: Promise<unknown> = Promise.resolve();
  readonly #comment: string;
  /** Called after a reconnect. The new connection may lead to another server, whose state may be older. */
  onReconnect: (() => void) | undefined;
  /**
   * Reads the tables' columns again, in a transaction: on each new connection, and after an error that a change of a table can cause. Work
   * whose `shouldRetry` returns false afterwards is cancelled.
   */
  verify: ((client: pg.Client) => Promise<void>) | undefined;

  constructor(
    private readonly settings: PostgresSettings,
    private readonly options: DatabaseOptions,
    private readonly availability: Availability,
    private readonly signal: AbortSignal,
    private readonly onPeersTerminated?: (count: number) => void,
  ) {
    this.#comment = groupComment(options.group);
  }

  /**
   * Runs `work` in a transaction, after all work that was passed before. Retries transient failures with backoff, without limit; each
   * attempt may use another connection.
   *
   * @param action prefix of error messages, such as "Cannot read consumer_progress"
   * @throws {CancelledError} if `shouldRetry` returns false, or the constructor's signal aborts during a backoff
   * @throws {PermanentError} on errors that need operator action
   * @throws {StatementTimeoutError} on a timeout of work that `canSplit`
   * @throws other errors of `work`: those that are not from PostgreSQL, or of class `record` or `internal`
   */
  run<T>(action: string, work: Work<T>, options: RunOptions = {}): Promise<T> {
    const result = this.#last.then(() => this.#retry(action, work, options));
    this.#last = result.catch(() => {});
    return result;
  }

  #runTransaction<T>(client: pg.Client, work: Work<T>): Promise<T> {
    return inTransaction(client, this.#transactionStart, () => work(client, ""));
  }

  async #runMessage<T>(client: pg.Client, work: Work<T>): Promise<T> {
    try {
      return await work(client, `${this.#comment} ${transactionStartSql(this.#transactionStart)};\n`);
    } catch (error) {
      // If a COPY fails while data is in flight, pgbouncer's server connection stays busy.
      if (this.#session?.isPooled) await this.close();
      throw error;
    }
  }

  /** Calls {@link verify} if the last call was longer ago. Returns whether it was called. */
  async #verifyTables(client: pg.Client, withinMs: number): Promise<boolean> {
    const { verify } = this, at = this.#verifiedAt;
    if (!verify || (at !== undefined && performance.now() - at <= withinMs)) return false;
    await this.#runTransaction(client, verify);
    this.#verifiedAt = performance.now();
    return true;
  }

  get #transactionStart(): TransactionStart {
    return {
      session: this.#session!,
      settings: { statement_timeout: this.options.statementTimeoutMs },
    };
  }

  async #retry<T>(
    action: string,
    work: Work<T>,
    { shouldRetry = () => true, canSplit = false, isOneMessage = false, verifiedWithinMs = Infinity }:
      RunOptions,
  ): Promise<T> {
    let isVerifiedAfterError = false;
    for (let attempt = 0;; attempt++) {
      if (!shouldRetry() || (attempt > 0 && this.signal.aborted)) throw new CancelledError(action);
      try {
        this.#client ??= await this.#connect();
        const client = this.#client;
        this.#isIdle = false;
        const attempt = async () => {
          if (await this.#verifyTables(client, verifiedWithinMs) && !shouldRetry()) {
            throw new CancelledError(action);
          }
          return await (isOneMessage ? this.#runMessage(client, work) : this.#runTransaction(client, work));
        };
        const result = await this.#withResponseTimeout(attempt()).finally(() => this.#isIdle = true);
        this.availability.up("PostgreSQL");
        return result;
      } catch (error) {
        if (error instanceof TransientError) {
          this.availability.down("PostgreSQL", error, error.kind);
        } else {
          // The text of a CancelledError contains the table's name, which may be `connections`.
          if (error instanceof CancelledError || !isPostgresError(error)) throw error;
          if (this.verify && !isVerifiedAfterError && TABLE_CHANGED_SQLSTATES.includes(codeOf(error)!)) {
            isVerifiedAfterError = true;
            this.#verifiedAt = undefined;
            continue;
          }
          const kind = classify(error);
          // After a failed statement the connection is still usable.
          if (kind === "record" || kind === "internal") throw error;
          if (codeOf(error) === IDLE_SESSION_TIMEOUT) {
            await this.close();
            continue;
          }
          const timedOut = codeOf(error) === QUERY_CANCELED;
          if (timedOut) await this.#terminateStalledPeers();
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
   * Terminates transactions of the group's other consumers that have been waiting for COPY data for longer than statement_timeout, which
   * PostgreSQL does not enforce while it reads from the client. A consumer that freezes during a COPY keeps its lock on the progress. An
   * account may terminate its own sessions without further privileges.
   */
  async #terminateStalledPeers(): Promise<void> {
    try {
      this.#client ??= await this.#connect();
      const { rowCount } = await this.#withResponseTimeout(this.#client.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND usename = session_user AND pid <> pg_backend_pid()
           AND state = 'active' AND wait_event = 'ClientRead' AND starts_with(query, $1)
           AND query_start < now() - $2 * interval '1 millisecond'`,
        [this.#comment, this.options.statementTimeoutMs],
      ));
      if (rowCount) this.onPeersTerminated?.(rowCount);
    } catch {
      // The work that timed out is retried and reports the error of the connection.
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = await connectPostgres(this.settings, this.options);
    try {
      const session = await this.#withResponseTimeout(inspectSession(client));
      if (this.#session) this.onReconnect?.();
      this.#verifiedAt = undefined;
      // Keep the search_path of the first connection, so that the tables stay the same.
      this.#session = { ...session, searchPath: this.#session?.searchPath ?? session.searchPath };
      client.on("error", () => this.#dropIdle(client)).on("end", () => this.#dropIdle(client));
      return client;
    } catch (error) {
      client.end().catch(() => {});
      throw error;
    }
  }

  /** A server or proxy that closes an idle connection is not unavailable: the next work opens a new connection. */
  #dropIdle(client: pg.Client): void {
    if (!this.#isIdle || this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
  }

  /**
   * Rejects if the server does not respond within statement_timeout plus a grace period: the server or the network is gone without a FIN
   * or RST; TCP alone would wait for its retransmission timeout.
   */
  async #withResponseTimeout<T>(work: Promise<T>): Promise<T> {
    const { statementTimeoutMs } = this.options;
    if (!statementTimeoutMs) return await work;
    const { promise: timeout, reject } = Promise.withResolvers<never>();
    const ms = statementTimeoutMs + RESPONSE_GRACE_MS;
    const timer = setTimeout(() => reject(new ResponseTimeoutError(`no response for ${ms / 1000} s`)), ms);
    try {
      return await Promise.race([work, timeout]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Closes the connection; the next work opens a new one. Never throws. */
  async close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    if (client) await endSession(client);
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
