/**
 * Checks of the tables: columns, and what the account may do with them.
 *
 * @module
 */
import type pg from "pg";
import { tablesSql } from "../../shared/schema/ensure_tables.ts";
import { OWN_TABLE_PRIVILEGES, OWN_TABLES, STREAM_TABLE_PRIVILEGES } from "../../shared/schema/own_tables.ts";
import { readColumns, tableProblems } from "../../shared/schema/table_problems.ts";
import { failed, ok, type Outcome, skipped, together } from "../check.ts";
import type { Context } from "../context.ts";

/** Whether the tables are there with the columns that the consumer writes, or can be created. */
export const checkTables = (context: Context): Promise<Outcome> =>
  context.withClient((client) => tables(context, client));

async function tables(context: Context, client: pg.Client): Promise<Outcome> {
  const streams = context.get("streams");
  const sql = tablesSql(streams);
  const [existing, problems] = [
    await readColumns(client, [...sql.keys()]),
    await tableProblems(client, streams),
  ];
  const { rows } = await client.query<{ schema: string | null; create: boolean | null }>(
    `SELECT current_schema() AS schema, has_schema_privilege(current_schema(), 'CREATE') AS create`,
  );
  const { schema, create } = rows[0]!;
  const there: string[] = [];
  const toCreate: string[] = [];
  const outcomes: Outcome[] = [];
  for (const [table, statement] of sql) {
    const problem = problems.get(table);
    if (existing.has(table) && problem === undefined) there.push(table);
    else if (existing.has(table)) {
      outcomes.push(failed(`the table ${table} ${problem!.what}`, problem!.remedy));
    } else if (create) toCreate.push(table);
    else outcomes.push(missingTable(table, statement, schema));
  }
  context.put("tables", there);
  if (toCreate.length > 0) {
    outcomes.unshift(
      skipped(`not there yet: ${toCreate.join(", ")}; the consumer creates what is missing when it starts`),
    );
  }
  if (there.length > 0) outcomes.unshift(ok(`there, with the right columns: ${there.join(", ")}`));
  return { ...together(outcomes), blocks: there.length === 0 };
}

function missingTable(table: string, sql: string, schema: string | null): Outcome {
  const where = schema === null
    ? "there is no schema on the search_path"
    : `may not create it in the schema ${schema}`;
  return failed(
    `there is no table ${table}, and the account ${where}`,
    `GRANT CREATE ON SCHEMA ${schema ?? "public"} TO the account, or create it: ${sql.replace(/\s+/g, " ")};`,
  );
}

const privilegesOn = (table: string) =>
  OWN_TABLES.some(({ name }) => name === table) ? OWN_TABLE_PRIVILEGES : STREAM_TABLE_PRIVILEGES;

/** Whether the account may do with the tables what the consumer does. */
export const checkPrivileges = (context: Context): Promise<Outcome> =>
  context.withClient(async (client) => {
    const wanted = context.get("tables").flatMap((table) =>
      privilegesOn(table).map((right) => ({ table, right }))
    );
    const { rows } = await client.query<{ table: string; right: string; granted: boolean; user: string }>(
      `SELECT "table", "right", has_table_privilege(to_regclass(quote_ident("table")), "right") AS granted,
         current_user AS "user"
       FROM unnest($1::text[], $2::text[]) AS wanted ("table", "right")`,
      [wanted.map(({ table }) => table), wanted.map(({ right }) => right)],
    );
    return together(
      context.get("tables").map((table) => {
        const of = rows.filter((row) => row.table === table);
        const list = (granted: boolean) =>
          of.filter((row) => row.granted === granted).map(({ right }) => right).join(", ");
        return list(false) === "" ? ok(`${list(true)} on ${table}`) : failed(
          `the account may not ${list(false)} on ${table}`,
          `GRANT ${list(false)} ON ${table} TO "${of[0]!.user}";`,
        );
      }),
    );
  });
