/**
 * Checks of the tables' columns and the account's privileges.
 *
 * @module
 */
import type pg from "pg";
import { readCatalog } from "../../shared/schema/catalog.ts";
import { tablesSql } from "../../shared/schema/ensure_tables.ts";
import { readPrivileges } from "../../shared/schema/missing_privileges.ts";
import type { RelationProblem } from "../../shared/schema/relation_problems.ts";
import { notCreatable, schemaProblems, targetSchemas } from "../../shared/schema/schema_problems.ts";
import { tableProblems } from "../../shared/schema/table_problems.ts";
import { combineOutcomes, failed, ok, type Outcome, skipped } from "../check.ts";
import type { Context } from "../context.ts";

/** Checks that the tables have the columns that the consumer writes, or can be created. */
export const checkTables = (context: Context): Promise<Outcome> =>
  context.withClient((client) => tablesOutcome(context, client));

async function tablesOutcome(context: Context, client: pg.Client): Promise<Outcome> {
  const all = tablesSql(context.get("streams"));
  const inaccessible = await schemaProblems(client, [...all.keys()]);
  const streams = context.get("streams").filter(({ table }) => !inaccessible.has(table));
  const sql = new Map([...all].filter(([table]) => !inaccessible.has(table)));
  const catalog = await readCatalog(client, [...sql.keys()]);
  const existing = catalog.tables, problems = await tableProblems(client, streams, catalog);
  const missing = [...sql.keys()].filter((table) => !existing.has(table));
  const schemas = await targetSchemas(client, missing);
  const compatible: string[] = [];
  const toCreate: string[] = [];
  const outcomes = [...inaccessible].map(([table, problem]) => problemOutcome(table, problem));
  for (const [table, statement] of sql) {
    const problem = problems.get(table);
    if (existing.has(table) && problem === undefined) compatible.push(table);
    else if (existing.has(table)) {
      outcomes.push(problemOutcome(table, problem!));
    } else if (schemas.get(table)!.canCreate) toCreate.push(table);
    else outcomes.push(problemOutcome(table, notCreatable(schemas.get(table)!, statement)));
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

const problemOutcome = (table: string, { what, remedy }: RelationProblem): Outcome =>
  failed(`the table ${table} ${what}`, remedy.replace(/\s+/g, " "));

/** Checks that the account has the privileges that the consumer needs. */
export const checkPrivileges = (context: Context): Promise<Outcome> =>
  context.withClient(async (client) => {
    const found = await readPrivileges(client, context.get("streams"), context.get("tables"));
    return combineOutcomes(
      found.map(({ table, granted, missing, grants }) =>
        missing.length === 0
          ? ok(`${granted.join(", ")} on ${table}`)
          : failed(`the account lacks ${missing.join("; ")}`, grants.join(" "))
      ),
    );
  });
