/**
 * Creates the database.
 *
 * @module
 */
import pg from "pg";
import { missingDatabase } from "../diagnosis/postgres_login.ts";
import { codeOf, PermanentError } from "../errors.ts";
import { type ConnectOptions, connectPostgres, type PostgresSettings } from "../postgres/connection.ts";

/** Databases that a server usually has; `CREATE DATABASE` needs a connection to one of them. */
export const MAINTENANCE_DATABASES = ["postgres", "defaultdb", "template1"];

/** SQLSTATEs of a `CREATE DATABASE` that came second: duplicate_database, or unique_violation if both ran at the same time. */
const CONCURRENT_CREATE_SQLSTATES = ["42P04", "23505"];

/**
 * Creates the database if it does not exist.
 *
 * @returns whether it was created
 * @throws {PermanentError} if it does not exist and the account is not allowed to create it
 */
export async function ensureDatabase(settings: PostgresSettings, options: ConnectOptions): Promise<boolean> {
  const name = settings.PGDATABASE;
  try {
    const client = await connectPostgres(settings, options);
    await client.end();
    return false;
  } catch (error) {
    if (codeOf(error) !== "3D000") throw error;
  }
  let last: unknown;
  for (const database of MAINTENANCE_DATABASES) {
    let client: pg.Client;
    try {
      client = await connectPostgres(settings, { ...options, database });
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      last = error;
      continue;
    }
    try {
      await client.query(`CREATE DATABASE ${pg.escapeIdentifier(name)}`);
      return true;
    } catch (error) {
      if (CONCURRENT_CREATE_SQLSTATES.includes(codeOf(error) ?? "")) return false;
      last = error;
      if (codeOf(error) === "42501") break;
      throw error;
    } finally {
      await client.end();
    }
  }
  const diagnosis = missingDatabase({ database: name }, ", and the account is not allowed to create it");
  throw new PermanentError({ action: "Cannot connect to PostgreSQL", ...diagnosis }, { cause: last });
}
