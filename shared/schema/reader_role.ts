/**
 * The role with read-only access to the tables, which the dashboard uses.
 *
 * @module
 */
import pg from "pg";
import { withSavepoint } from "../postgres/session.ts";

/** Name of the role. It cannot log in; accounts become members with `GRANT routes_reader TO …`. */
export const READER_ROLE = "routes_reader";

/**
 * Creates the role and grants it SELECT on `tables` (names as in SQL), in the current transaction. Ingestion does not depend on the role: statements that
 * the account is not allowed to run are ignored.
 *
 * @returns whether the role was created
 * @throws {Error} if the connection is lost
 */
export async function ensureReaderRole(client: pg.Client, tables: readonly string[]): Promise<boolean> {
  const [role] = await tryQuery<{ exists: boolean }>(
    client,
    "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists",
    [READER_ROLE],
  ) ?? [];
  const created = role?.exists === false &&
    await tryQuery(client, `CREATE ROLE ${READER_ROLE} NOLOGIN`) !== undefined;
  if (!role?.exists && !created) return false;
  // Since PostgreSQL 16 a role's creator who is not a superuser has the ADMIN option, but is not a member.
  const [member] = await tryQuery<{ member: boolean }>(
    client,
    "SELECT pg_has_role(current_user, $1, 'MEMBER') AS member",
    [READER_ROLE],
  ) ?? [];
  if (member?.member === false) await tryQuery(client, `GRANT ${READER_ROLE} TO CURRENT_USER`);
  const missing = await tryQuery<{ name: string }>(
    client,
    `SELECT t.name FROM unnest($1::text[]) AS t (name)
     WHERE NOT has_table_privilege($2, to_regclass(t.name), 'SELECT')`,
    [tables, READER_ROLE],
  ) ?? [];
  for (const { name } of missing) {
    await tryQuery(client, `GRANT SELECT ON ${name} TO ${READER_ROLE}`);
  }
  const schemas = await tryQuery<{ name: string }>(
    client,
    `SELECT DISTINCT c.relnamespace::regnamespace::text AS name FROM unnest($1::text[]) AS t (name)
     JOIN pg_class c ON c.oid = to_regclass(t.name) WHERE NOT has_schema_privilege($2, c.relnamespace, 'USAGE')`,
    [tables, READER_ROLE],
  ) ?? [];
  for (const { name } of schemas) await tryQuery(client, `GRANT USAGE ON SCHEMA ${name} TO ${READER_ROLE}`);
  return created;
}

/** Runs a statement in a savepoint. Returns its rows; `undefined`: the server rejected it. */
async function tryQuery<R extends pg.QueryResultRow>(
  client: pg.Client,
  sql: string,
  values: unknown[] = [],
): Promise<R[] | undefined> {
  try {
    return (await withSavepoint(client, () => client.query<R>(sql, values))).rows;
  } catch (error) {
    // 57P…: the server closes the connection; 08…: the connection is broken.
    if (!(error instanceof pg.DatabaseError) || /^(08|57P)/.test(error.code ?? "")) throw error;
    return undefined;
  }
}
