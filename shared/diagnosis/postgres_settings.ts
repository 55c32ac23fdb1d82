/**
 * Settings of the connection to PostgreSQL that work and are probably not meant.
 *
 * @module
 */
import type { Diagnosis } from "../errors.ts";

/** The database that each Aiven service is created with. */
export const AIVEN_DATABASE = "defaultdb";

/**
 * A connection with TLS that does not verify the server.
 *
 * @param mode `PGSSLMODE`
 * @param named the setting as the message names it, such as `PGSSLMODE (environment)`
 * @param ca the file that `PGSSLROOTCERT` should name
 */
export const unverifiedServer = (mode: string, named: string, ca = "the service's ca.pem"): Diagnosis => ({
  code: "PGSSLMODE",
  cause: mode === "require"
    ? "PGSSLMODE=require encrypts, but does not verify who answers"
    : `PGSSLMODE=${mode} neither verifies who answers nor insists on TLS`,
  remedy: `Set ${named}=verify-full, and PGSSLROOTCERT to ${ca}.`,
});

/**
 * A database that every server has.
 *
 * @param usual the database that most have the tables in
 * @param isFromUri whether `DATABASE_URL` names it
 */
export const unusualDatabase = (name: string, usual: string, isFromUri: boolean): Diagnosis => ({
  code: "PGDATABASE",
  cause: `the database is ${name}, which every server has, and not ${usual}`,
  remedy: isFromUri
    ? `Aiven's service URI ends in /${name}: in DATABASE_URL, write /${usual}.`
    : `Set PGDATABASE=${usual}.`,
});
