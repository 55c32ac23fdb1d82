/**
 * Settings of PostgreSQL that are local to a transaction.
 *
 * Behind a connection pooler a session-level `SET` remains on the server connection and affects the next client, so every setting uses
 * `SET LOCAL`. The settings also override defaults of the role or database (`ALTER ROLE … SET …`) that would change stored or read values,
 * or end a transaction.
 *
 * @module
 */
import pg from "pg";

/** Properties of a connection. */
export interface SessionInfo {
  /** Whether the connection goes through a pooler, which may use another server connection for each transaction. */
  readonly isPooled: boolean;
  /**
   * Value of `search_path`, as SQL: the existing schemas of the account's search_path without system schemas, or `public` if there is
   * none. `pg_temp` is last, so that a temporary table of another client of the pooler is not used.
   */
  readonly searchPath: string;
  /** Version of the server, such as 180004. */
  readonly version: number;
}

/** Settings by name; `undefined` leaves a setting unchanged. */
export type LocalSettings = Readonly<Record<string, string | number | undefined>>;

/** Overrides defaults that would end a transaction. */
const limitSettings = (version: number): LocalSettings => ({
  lock_timeout: 0,
  exit_on_error: "off",
  transaction_timeout: version < 170_000 ? undefined : 0,
});

/** Additional settings of a transaction that consists of several messages. */
const INTERACTIVE_SETTINGS: LocalSettings = {
  idle_in_transaction_session_timeout: 0,
  quote_all_identifiers: "off",
};

/** Text formats of values. Only for transactions that read, since triggers may depend on the account's defaults. */
export const TEXT_FORMAT: LocalSettings = {
  bytea_output: "hex",
  DateStyle: "ISO, MDY",
  extra_float_digits: 1,
  IntervalStyle: "postgres",
  TimeZone: "UTC",
};

/**
 * Reads the properties of a new connection.
 *
 * A pooler sends its clients its own cancellation key (BackendKeyData), whose process id differs from that of the server process.
 */
export async function inspectSession(client: pg.Client): Promise<SessionInfo> {
  const { rows } = await client.query<{ pid: number; version: number; path: string }>(
    `SELECT pg_backend_pid() AS pid, current_setting('server_version_num')::int AS version,
       coalesce(string_agg(quote_ident(name), ', ' ORDER BY i), 'public') || ', pg_temp' AS path
     FROM unnest(current_schemas(false)) WITH ORDINALITY AS s (name, i)
     WHERE NOT starts_with(name, 'pg_') AND name <> 'information_schema'`,
  );
  const { pid, version, path } = rows[0]!;
  const { processID } = client as unknown as { processID: number | null };
  return { isPooled: processID !== pid, searchPath: path, version };
}

/** Mode and settings of a transaction. */
export interface TransactionStart {
  readonly session: SessionInfo;
  /** Isolation level and access mode; default: `READ COMMITTED` with the account's default access mode. */
  readonly mode?: "READ COMMITTED" | "REPEATABLE READ READ ONLY";
  readonly settings?: LocalSettings;
}

/** The statements that set search_path, limits and further settings for the transaction. */
function setLocalSql({ session: { searchPath, version }, settings = {} }: TransactionStart): string {
  const statements = Object.entries({ ...limitSettings(version), ...settings })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `SET LOCAL ${name} = ${pg.escapeLiteral(String(value))}`);
  return [`SET LOCAL search_path = ${searchPath}`, ...statements].join("; ");
}

/** The first statements of a transaction that is sent as one Query message, without BEGIN. */
export const transactionStartSql = (start: TransactionStart): string =>
  `SET TRANSACTION ISOLATION LEVEL ${start.mode ?? "READ COMMITTED"}; ${setLocalSql(start)}`;

/**
 * Runs `work` in a transaction and commits it.
 *
 * @throws errors of `work` and of the commit, after a rollback
 */
export async function inTransaction<T>(
  client: pg.Client,
  start: TransactionStart,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const settings = setLocalSql({ ...start, settings: { ...INTERACTIVE_SETTINGS, ...start.settings } });
    await client.query(`BEGIN ISOLATION LEVEL ${start.mode ?? "READ COMMITTED"}; ${settings}`);
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // Not awaited: a broken connection may never respond. Queries run in order, so later queries follow the rollback.
    client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/**
 * Runs `work` in a savepoint; if it fails, its changes are rolled back and the transaction continues.
 *
 * @throws errors of `work`
 */
export async function withSavepoint<T>(client: pg.Client, work: () => Promise<T>): Promise<T> {
  await client.query("SAVEPOINT attempt");
  try {
    const result = await work();
    await client.query("RELEASE SAVEPOINT attempt");
    return result;
  } catch (error) {
    await client.query("ROLLBACK TO SAVEPOINT attempt").catch(() => {});
    throw error;
  }
}
