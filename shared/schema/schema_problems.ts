/**
 * Schemas that the account cannot use, or in which it cannot create a table.
 *
 * @module
 */
import type pg from "pg";
import type { RelationProblem } from "./relation_problems.ts";

/**
 * The schema of a name without one is on the search_path. PostgreSQL leaves out the schemas that the account cannot use, so that the tables
 * seem to be missing; if none is left, the first one is the cause, unless `public` has the table: see `inspectSession()`. pg_type also has
 * the row types of tables.
 */
const UNUSABLE_SQL = `WITH path AS (
  SELECT n.nspname, has_schema_privilege(n.oid, 'USAGE') AS usable, i
  FROM regexp_split_to_table((SELECT reset_val FROM pg_settings WHERE name = 'search_path'), '[[:space:]]*,[[:space:]]*') WITH ORDINALITY AS p (entry, i)
  JOIN pg_namespace n ON n.nspname = CASE p.entry WHEN '"$user"' THEN current_user ELSE btrim(p.entry, '"') END
  WHERE NOT starts_with(n.nspname, 'pg_')
), unusable AS (
  SELECT nspname FROM path WHERE NOT EXISTS (SELECT FROM path WHERE usable) ORDER BY i LIMIT 1
)
SELECT t.name, quote_ident(s.nspname) AS schema, quote_ident(current_user) AS account
FROM unnest($1::text[]) AS t (name)
CROSS JOIN LATERAL (
  SELECT nspname FROM pg_namespace
  WHERE cardinality(parse_ident(t.name)) > 1 AND nspname = (parse_ident(t.name))[1] AND NOT has_schema_privilege(oid, 'USAGE')
  UNION ALL
  SELECT nspname FROM unusable WHERE cardinality(parse_ident(t.name)) = 1 AND NOT EXISTS (
    SELECT FROM pg_type AS y WHERE y.typname = (parse_ident(t.name))[1] AND pg_type_is_visible(y.oid)
  )
) AS s`;

/**
 * Finds the tables and types that cannot be looked up, since the account lacks USAGE on their schema.
 *
 * @param names as in SQL
 * @returns by name, only those with a problem
 */
export async function schemaProblems(
  client: pg.Client,
  names: readonly string[],
): Promise<Map<string, RelationProblem>> {
  const { rows } = await client.query<{ name: string; schema: string; account: string }>(
    UNUSABLE_SQL,
    [names],
  );
  return new Map(rows.map(({ name, schema, account }) => [name, {
    what: `cannot be accessed: the account lacks USAGE on the schema ${schema}`,
    remedy: `GRANT USAGE ON SCHEMA ${schema} TO ${account};`,
  }]));
}

/** The schema in which a missing table is created. */
export interface TargetSchema {
  /** As in SQL; null: the search_path has none. */
  readonly schema: string | null;
  readonly exists: boolean;
  readonly canCreate: boolean;
  /** As in SQL. */
  readonly account: string;
}

const TARGETS_SQL = `SELECT t.name AS "table", quote_ident(s.name) AS schema, n.oid IS NOT NULL AS exists,
  coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS "canCreate", quote_ident(current_user) AS account
FROM unnest($1::text[]) AS t (name)
CROSS JOIN LATERAL (
  SELECT CASE cardinality(parse_ident(t.name)) WHEN 1 THEN current_schema() ELSE (parse_ident(t.name))[1] END
) AS s (name)
LEFT JOIN pg_namespace n ON n.nspname = s.name`;

/** Finds the schemas in which tables are created, by the tables' names as in SQL. */
export async function targetSchemas(
  client: pg.Client,
  tables: readonly string[],
): Promise<Map<string, TargetSchema>> {
  const { rows } = await client.query<TargetSchema & { table: string }>(TARGETS_SQL, [tables]);
  return new Map(rows.map((row) => [row.table, row]));
}

/** Why a missing table or its type cannot be created. @param sql the statements that create the table */
export function notCreatable({ schema, exists, account }: TargetSchema, sql: string): RelationProblem {
  const where = schema === null
    ? "and the search_path has no schema"
    : exists
    ? `and the account is not allowed to create it in the schema ${schema}`
    : `and there is no schema ${schema}`;
  const remedy = exists
    ? `GRANT CREATE ON SCHEMA ${schema} TO ${account};`
    : `CREATE SCHEMA ${schema ?? "public"}; GRANT CREATE, USAGE ON SCHEMA ${
      schema ?? "public"
    } TO ${account};`;
  return { what: `does not exist, ${where}`, remedy: `${remedy} Or create it:\n${sql};` };
}
