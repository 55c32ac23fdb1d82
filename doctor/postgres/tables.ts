/**
 * Checks of the tables' columns and the account's privileges.
 *
 * @module
 */
import type pg from "pg";
import { readCatalog } from "../../shared/schema/catalog.ts";
import { tablesSql } from "../../shared/schema/ensure_tables.ts";
import { OWN_TABLE_PRIVILEGES } from "../../shared/schema/own_tables.ts";
import { streamTablePrivileges } from "../../shared/schema/stream_table.ts";
import { tableProblems } from "../../shared/schema/table_problems.ts";
import { combineOutcomes, failed, ok, type Outcome, skipped } from "../check.ts";
import type { Context } from "../context.ts";

/** Checks that the tables have the columns that the consumer writes, or can be created. */
export const checkTables = (context: Context): Promise<Outcome> =>
  context.withClient((client) => tablesOutcome(context, client));

async function tablesOutcome(context: Context, client: pg.Client): Promise<Outcome> {
  const streams = context.get("streams");
  const sql = tablesSql(streams);
  const catalog = await readCatalog(client, [...sql.keys()]);
  const existing = catalog.tables, problems = await tableProblems(client, streams, catalog);
  const missing = [...sql.keys()].filter((table) => !existing.has(table));
  const { rows } = await client.query<TargetSchema & { table: string }>(SCHEMAS_SQL, [missing]);
  const schemas = new Map(rows.map((row) => [row.table, row]));
  const compatible: string[] = [];
  const toCreate: string[] = [];
  const outcomes: Outcome[] = [];
  for (const [table, statement] of sql) {
    const problem = problems.get(table);
    if (existing.has(table) && problem === undefined) compatible.push(table);
    else if (existing.has(table)) {
      outcomes.push(failed(`the table ${table} ${problem!.what}`, problem!.remedy));
    } else if (schemas.get(table)!.create) toCreate.push(table);
    else outcomes.push(missingTableOutcome(table, statement, schemas.get(table)!));
  }
  context.set("tables", compatible);
  if (toCreate.length > 0) {
    outcomes.unshift(
      skipped(`not created yet: ${toCreate.join(", ")}; the consumer creates missing tables at startup`),
    );
  }
  if (compatible.length > 0) outcomes.unshift(ok(`compatible columns: ${compatible.join(", ")}`));
  return { ...combineOutcomes(outcomes), blocks: compatible.length === 0 };
}

/** The schema in which a missing table is created. */
interface TargetSchema {
  /** As in SQL; null: the search_path has none. */
  readonly schema: string | null;
  readonly exists: boolean;
  readonly create: boolean;
}

const SCHEMAS_SQL = `SELECT t.name AS "table", quote_ident(s.name) AS schema, n.oid IS NOT NULL AS exists,
  coalesce(has_schema_privilege(n.oid, 'CREATE'), false) AS create
FROM unnest($1::text[]) AS t (name)
CROSS JOIN LATERAL (
  SELECT CASE cardinality(parse_ident(t.name)) WHEN 1 THEN current_schema() ELSE (parse_ident(t.name))[1] END
) AS s (name)
LEFT JOIN pg_namespace n ON n.nspname = s.name`;

function missingTableOutcome(table: string, sql: string, { schema, exists }: TargetSchema): Outcome {
  const where = schema === null
    ? "and the search_path has no schema"
    : exists
    ? `and the account is not allowed to create it in the schema ${schema}`
    : `and there is no schema ${schema}`;
  const remedy = schema === null || exists
    ? `GRANT CREATE ON SCHEMA ${schema ?? "public"} TO the account`
    : `CREATE SCHEMA ${schema}, with CREATE and USAGE for the account`;
  return failed(
    `the table ${table} does not exist, ${where}`,
    `${remedy}, or create it: ${sql.replace(/\s+/g, " ")};`,
  );
}

/** Checks that the account has the privileges that the consumer needs. */
export const checkPrivileges = (context: Context): Promise<Outcome> =>
  context.withClient(async (client) => {
    const streams = new Map(context.get("streams").map((stream) => [stream.table, stream]));
    const wanted = context.get("tables").flatMap((table) => {
      const stream = streams.get(table);
      const privileges = stream ? streamTablePrivileges(stream) : OWN_TABLE_PRIVILEGES;
      return privileges.map((privilege) => ({ table, privilege }));
    });
    const { rows } = await client.query<{ table: string; privilege: string; granted: boolean; user: string }>(
      `SELECT "table", "privilege", has_table_privilege(to_regclass("table"), "privilege") AS granted,
         current_user AS "user"
       FROM unnest($1::text[], $2::text[]) AS wanted ("table", "privilege")`,
      [wanted.map(({ table }) => table), wanted.map(({ privilege }) => privilege)],
    );
    return combineOutcomes(
      context.get("tables").map((table) => {
        const of = rows.filter((row) => row.table === table);
        const list = (granted: boolean) =>
          of.filter((row) => row.granted === granted).map(({ privilege }) => privilege).join(", ");
        return list(false) === "" ? ok(`${list(true)} on ${table}`) : failed(
          `the account lacks ${list(false)} on ${table}`,
          `GRANT ${list(false)} ON ${table} TO "${of[0]!.user}";`,
        );
      }),
    );
  });
