/**
 * Faults of PostgreSQL that SQL can cause, injected from the maintenance database.
 *
 * @module
 */
import { Database } from "./database.ts";

/** A terminated session. */
export interface Terminated {
  readonly query: string;
  /** Its wait event; null if it was not waiting. */
  readonly wait: string | null;
  /** Whether it had an open transaction with writes. */
  readonly wrote: boolean;
}

/**
 * Terminates the client sessions of a database.
 *
 * @param which a condition on `pg_stat_activity`; all sessions by default
 */
export async function terminateSessions(database: Database, which = "true"): Promise<Terminated[]> {
  return await maintenanceDatabase(database).query<Terminated & Record<string, unknown>>(
    `SELECT query, wait_event AS wait, backend_xid IS NOT NULL AS wrote, pg_terminate_backend(pid)
     FROM pg_stat_activity WHERE datname = $1 AND backend_type = 'client backend' AND (${which})`,
    [database.name],
  );
}

/** Makes the database read-only or writable, as in a failover, and terminates its sessions so that the change takes effect. */
export async function setReadOnly(database: Database, readOnly: boolean): Promise<void> {
  const value = readOnly ? "on" : "off";
  await maintenanceDatabase(database).query(
    `ALTER DATABASE "${database.name}" SET default_transaction_read_only = ${value}`,
  );
  await terminateSessions(database);
}

/** Runs `use` while this session holds an ACCESS EXCLUSIVE lock on a table. */
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

/** Sum of `next_offset` of all partitions. */
export async function sumProgress(database: Database): Promise<number> {
  return await database.number("SELECT coalesce(sum(next_offset), 0) FROM consumer_progress");
}

const maintenanceDatabase = ({ server }: Database) => new Database(server, server.database);
