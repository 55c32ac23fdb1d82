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
  const { rows } = await client.query<{ schema: string | null; create: boolean | null }>(
    `SELECT current_schema() AS schema, has_schema_privilege(current_schema(), 'CREATE') AS create`,
  );
  const { schema, create } = rows[0]!;
  const compatible: string[] = [];
  const toCreate: string[] = [];
  const outcomes: Outcome[] = [];
  for (const [table, statement] of sql) {
    const problem = problems.get(table);
    if (existing.has(table) && problem === undefined) compatible.push(table);
    else if (existing.has(table)) {
      outcomes.push(failed(`the table ${table} ${problem!.what}`, problem!.remedy));
    } else if (create) toCreate.push(table);
    else outcomes.push(missingTableOutcome(table, statement, schema));
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

function missingTableOutcome(table: string, sql: string, schema: string | null): Outcome {
  const where = schema === null
    ? "and the search_path has no schema"
    : `and the account is not allowed to create it in the schema ${schema}`;
  return failed(
    `the table ${table} does not exist, ${where}`,
    `GRANT CREATE ON SCHEMA ${schema ?? "public"} TO the account, or create it: ${sql.replace(/\s+/g, " ")};`,
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
