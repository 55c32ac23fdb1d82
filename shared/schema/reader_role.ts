/**
 * The role that may only SELECT, for whoever looks at the rows and must not change any: the dashboard takes it.
 *
 * @module
 */
import pg from "pg";
import { withSavepoint } from "../postgres/session.ts";

/** Its name. It can't log in by itself: an account is made a member, `GRANT routes_reader TO …`. */
export const READER_ROLE = "routes_reader";

/**
 * Creates the role and lets it read `tables`, as far as the account may, in the transaction in hand. Ingestion does not depend on it, so that no refusal is an
 * error.
 *
 * @returns whether it was created
 * @throws {Error} where the connection is lost
 */
export async function ensureReaderRole(client: pg.Client, tables: readonly string[]): Promise<boolean> {
  const [role] = await accepted<{ exists: boolean }>(
    client,
    "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists",
    [READER_ROLE],
  ) ?? [];
  const created = role?.exists === false &&
    await accepted(client, `CREATE ROLE ${READER_ROLE} NOLOGIN`) !== undefined;
  if (!role?.exists && !created) return false;
  // Whoever creates a role and is no superuser may administrate it, and has to let itself take it (PostgreSQL 16 and later).
  const [member] = await accepted<{ member: boolean }>(
    client,
    "SELECT pg_has_role(current_user, $1, 'MEMBER') AS member",
    [READER_ROLE],
  ) ?? [];
  if (member?.member === false) await accepted(client, `GRANT ${READER_ROLE} TO CURRENT_USER`);
  const missing = await accepted<{ name: string }>(
    client,
    `SELECT t.name FROM unnest($1::text[]) AS t (name)
     WHERE NOT has_table_privilege($2, to_regclass(quote_ident(t.name)), 'SELECT')`,
    [tables, READER_ROLE],
  ) ?? [];
  for (const { name } of missing) {
    await accepted(client, `GRANT SELECT ON ${pg.escapeIdentifier(name)} TO ${READER_ROLE}`);
  }
  return created;
}

/** The rows that a statement gives; `undefined`: the server refuses it. */
async function accepted<R extends pg.QueryResultRow>(
  client: pg.Client,
  sql: string,
  values: unknown[] = [],
): Promise<R[] | undefined> {
  try {
    return (await withSavepoint(client, () => client.query<R>(sql, values))).rows;
  } catch (error) {
    // 57P…: the server ends the connection, 08…: it is broken.
    if (!(error instanceof pg.DatabaseError) || /^(08|57P)/.test(error.code ?? "")) throw error;
    return undefined;
  }
}
