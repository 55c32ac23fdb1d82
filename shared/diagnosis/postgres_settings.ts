/**
 * PostgreSQL settings that work but are probably not intended.
 *
 * @module
 */
import type { Diagnosis } from "../errors.ts";

/** The default database of Aiven services. */
export const AIVEN_DATABASE = "defaultdb";

/**
 * A connection with TLS that does not verify the server.
 *
 * @param mode `PGSSLMODE`
 * @param named name of the setting in the remedy, such as `PGSSLMODE (environment)`
 * @param ca the file that `PGSSLROOTCERT` should name
 */
export const unverifiedServer = (mode: string, named: string, ca = "the service's ca.pem"): Diagnosis => ({
  code: "PGSSLMODE",
  cause: mode === "require"
    ? "PGSSLMODE=require encrypts, but does not verify the server"
    : `PGSSLMODE=${mode} neither verifies the server nor requires TLS`,
  remedy: `Set ${named}=verify-full, and PGSSLROOTCERT to ${ca}.`,
});

/**
 * A server's default database instead of the pipeline's.
 *
 * @param usual the default of `PGDATABASE`
 * @param isFromUri whether `DATABASE_URL` names it
 */
export const unexpectedDatabase = (name: string, usual: string, isFromUri: boolean): Diagnosis => ({
  code: "PGDATABASE",
  cause: `the database is ${name}, a default database of the server, instead of ${usual}`,
  remedy: isFromUri
    ? `Aiven's service URI ends in /${name}: in DATABASE_URL, write /${usual}.`
    : `Set PGDATABASE=${usual}.`,
});
