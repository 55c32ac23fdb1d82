/**
 * Settings of PostgreSQL that a transaction sets for itself.
 *
 * A session-level `SET` outlives its client behind a connection pooler: the next client of the server connection has it. So every
 * setting is local to a transaction. This also overrides the defaults that a role or a database may have (`ALTER ROLE … SET …`) and
 * that would change what is stored or read, or end a transaction.
 *
 * @module
 */
import pg from "pg";

/** What the server says of a new connection. */
export interface SessionInfo {
  /** Whether a connection pooler is in between, which may give each transaction another server connection. */
  readonly isPooled: boolean;
  /**
   * Where tables are looked up and created, as SQL of `search_path`: the schemas of the account's own search_path that exist, but
   * those of the system, and `public` if there is none. A temporary table of another client of the pooler never comes first.
   */
  readonly searchPath: string;
  /** Version of the server, such as 180004. */
  readonly version: number;
}

/** Settings by name; `undefined` leaves one as it is. */
export type LocalSettings = Readonly<Record<string, string | number | undefined>>;

/** Timeouts and modes that would end a transaction that takes no longer than it may. */
const limitsOf = (version: number): LocalSettings => ({
  lock_timeout: 0,
  exit_on_error: "off",
  transaction_timeout: version < 170_000 ? undefined : 0,
});

/** Of a transaction in several messages: pauses between them, and how the catalog's functions write the names of types. */
const SEVERAL_MESSAGES: LocalSettings = {
  idle_in_transaction_session_timeout: 0,
  quote_all_identifiers: "off",
};

/** How values are written as text. Only for transactions that read: triggers of a table may depend on the account's own defaults. */
export const TEXT_FORMAT: LocalSettings = {
  bytea_output: "hex",
  DateStyle: "ISO, MDY",
  extra_float_digits: 1,
  IntervalStyle: "postgres",
  TimeZone: "UTC",
};

/**
 * Reads what the server says of a new connection.
 *
 * A pooler gives its clients a cancellation key of its own (BackendKeyData) in place of the server's, so that the process id in it
 * is another than the one of the server process.
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

/** How a transaction begins. */
export interface TransactionStart {
  readonly session: SessionInfo;
  /** Isolation level and access mode; default: `READ COMMITTED`, with the access mode of the account's default. */
  readonly mode?: "READ COMMITTED" | "REPEATABLE READ READ ONLY";
  readonly settings?: LocalSettings;
}

/** The statements that set the search_path, the limits and further settings until the transaction ends. */
function setLocalSql({ session: { searchPath, version }, settings = {} }: TransactionStart): string {
  const statements = Object.entries({ ...limitsOf(version), ...settings })
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `SET LOCAL ${name} = ${pg.escapeLiteral(String(value))}`);
  return [`SET LOCAL search_path = ${searchPath}`, ...statements].join("; ");
}

/** What a transaction begins with when it is sent as one message, which PostgreSQL runs as one transaction by itself. */
export const transactionStartSql = (start: TransactionStart): string =>
  `SET TRANSACTION ISOLATION LEVEL ${start.mode ?? "READ COMMITTED"}; ${setLocalSql(start)}`;

/**
 * Runs `work` in a transaction of its own and commits it.
 *
 * @throws whatever `work` or the commit throws, after the transaction was rolled back
 */
export async function inTransaction<T>(
  client: pg.Client,
  start: TransactionStart,
  work: () => Promise<T>,
): Promise<T> {
  try {
    const settings = setLocalSql({ ...start, settings: { ...SEVERAL_MESSAGES, ...start.settings } });
    await client.query(`BEGIN ISOLATION LEVEL ${start.mode ?? "READ COMMITTED"}; ${settings}`);
    const result = await work();
    await client.query("COMMIT");
    return result;
  } catch (error) {
    // Not awaited: a connection that broke may never answer. Queries run in order, so the next one follows it.
    client.query("ROLLBACK").catch(() => {});
    throw error;
  }
}

/**
 * Runs `work` in a transaction that goes on when `work` fails: what it did is undone.
 *
 * @throws whatever `work` throws
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
