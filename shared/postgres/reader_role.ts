/**
 * The role that may only SELECT, for whoever looks at the rows and must not change any: the dashboard takes it.
 *
 * @module
 */
import pg from "pg";
import { codeOf } from "../errors.ts";

/** Its name. It can't log in by itself: an account is made a member, `GRANT routes_reader TO …`. */
export const READER_ROLE = "routes_reader";

/** Why a role or a grant was not made: it is there already, another was at it, or the account may not. */
const HARMLESS = ["42710", "23505", "42501", "XX000"];

/**
 * Creates the role and lets it read `tables`, as far as the account may. Nothing else depends on it.
 *
 * @returns whether the role can read all of them now
 */
export async function ensureReaderRole(client: pg.Client, tables: readonly string[]): Promise<boolean> {
  const { rows: [role] } = await client.query<{ exists: boolean }>(
    "SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = $1) AS exists",
    [READER_ROLE],
  );
  if (!role!.exists && !await allowed(client, `CREATE ROLE ${READER_ROLE} NOLOGIN`)) return false;
  // Whoever creates a role and is no superuser may administrate it, and has to let itself take it (PostgreSQL 16 and later).
  const { rows: [member] } = await client.query<{ member: boolean }>(
    "SELECT pg_has_role(current_user, $1, 'MEMBER') AS member",
    [READER_ROLE],
  );
  if (!member!.member) await allowed(client, `GRANT ${READER_ROLE} TO CURRENT_USER`);
  const { rows: missing } = await client.query<{ name: string }>(
    `SELECT t.name FROM unnest($1::text[]) AS t (name)
     WHERE NOT has_table_privilege($2, to_regclass(quote_ident(t.name)), 'SELECT')`,
    [tables, READER_ROLE],
  );
  let all = true;
  for (const { name } of missing) {
    if (!await allowed(client, `GRANT SELECT ON ${pg.escapeIdentifier(name)} TO ${READER_ROLE}`)) all = false;
  }
  return all;
}

async function allowed(client: pg.Client, sql: string): Promise<boolean> {
  try {
    await client.query(sql);
    return true;
  } catch (error) {
    if (!HARMLESS.includes(codeOf(error) ?? "")) throw error;
    return false;
  }
}
