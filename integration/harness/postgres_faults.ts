/**
 * Faults of PostgreSQL that SQL can bring about. All are told to the server from outside of the scenario's database.
 *
 * @module
 */
import { Database } from "./database.ts";

/** A session that was ended. */
export interface Terminated {
  readonly query: string;
  /** What its backend waited for; null: it was at work. */
  readonly wait: string | null;
  /** Whether it had a transaction open that had written. */
  readonly wrote: boolean;
}

/**
 * Ends the sessions of a database's clients.
 *
 * @param which a condition on `pg_stat_activity`; all when not given
 */
export async function terminateSessions(database: Database, which = "true"): Promise<Terminated[]> {
  return await maintenanceDatabase(database).query<Terminated & Record<string, unknown>>(
    `SELECT query, wait_event AS wait, backend_xid IS NOT NULL AS wrote, pg_terminate_backend(pid)
     FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' AND (${which})`,
    [database.name],
  );
}

/** Has the database take no writes, as a server that is no longer, or not yet, the primary: from the next session on, and all begin anew. */
export async function setReadOnly(database: Database, readOnly: boolean): Promise<void> {
  const value = readOnly ? "on" : "off";
  await maintenanceDatabase(database).query(
    `ALTER DATABASE "${database.name}" SET default_transaction_read_only = ${value}`,
  );
  await terminateSessions(database);
}

/** Runs `use` while nobody else can read or write a table. */
export async function whileLocked<T>(
  database: Database,
  table: string,
  use: () => Promise<T>,
): Promise<T> {
  return await database.connected(async (client) => {
    await client.query(`BEGIN; LOCK TABLE "${table}" IN ACCESS EXCLUSIVE MODE`);
    const result = await use();
    await client.query("ROLLBACK");
    return result;
  });
}

/** The offsets that all partitions of a scenario's consumers are past, together. */
export async function progressSum(database: Database): Promise<number> {
  return await database.number("SELECT coalesce(sum(next_offset), 0) FROM consumer_progress");
}

const maintenanceDatabase = ({ server }: Database) => new Database(server, server.database);
