/**
 * Creates the tables that do not exist, and checks the others.
 *
 * @module
 */
import type pg from "pg";
import { codeOf, PermanentError } from "../errors.ts";
import { statementFailure } from "../postgres/errors.ts";
import { withSavepoint } from "../postgres/session.ts";
import type { Stream } from "../stream.ts";
import { createTableSql, OWN_TABLES } from "./own_tables.ts";
import { streamTableSql } from "./stream_table.ts";
import { readColumns, tableProblems } from "./table_problems.ts";

/**
 * SQLSTATEs of a `CREATE TABLE` when another consumer creates the table at the same time: unique_violation in the catalog,
 * duplicate_table, or duplicate_object for the row type. `IF NOT EXISTS` prevents none of them.
 */
const CONCURRENT_CREATE_SQLSTATES = ["23505", "42P07", "42710"];

/** SQLSTATEs of a `CREATE TABLE` without the privilege, and without a schema on the search_path. */
const NOT_CREATABLE = ["42501", "3F000"];

/** The statements that create the tables, by table name. */
export const tablesSql = (streams: readonly Stream[]): ReadonlyMap<string, string> =>
  new Map([
    ...streams.map((stream) => [stream.table, streamTableSql(stream)] as const),
    ...OWN_TABLES.map((table) => [table.name, createTableSql(table)] as const),
  ]);

/**
 * Creates the tables that do not exist and checks the others, in the current transaction. An existing table, such as one created by the
 * Python original, is used unchanged.
 *
 * @returns the names of the tables that were created
 * @throws {PermanentError} if the account is not allowed to create a table, or the consumer cannot store into one
 */
export async function ensureTables(client: pg.Client, streams: readonly Stream[]): Promise<string[]> {
  const sql = tablesSql(streams);
  const existing = await readColumns(client, [...sql.keys()]);
  const created: string[] = [];
  for (const [table, create] of sql) {
    if (existing.has(table)) continue;
    try {
      await withSavepoint(client, () => client.query(create));
      created.push(table);
    } catch (error) {
      if (CONCURRENT_CREATE_SQLSTATES.includes(codeOf(error) ?? "")) continue;
      if (!NOT_CREATABLE.includes(codeOf(error) ?? "")) throw error;
      const failure = statementFailure(
        `The table ${table} does not exist and this account is not allowed to create it`,
        error,
      );
      const remedy = `${failure.remedy} Or create it:\n${create};`;
      throw new PermanentError({ ...failure, remedy }, { cause: error });
    }
  }
  const [problem] = await tableProblems(client, streams);
  if (problem) {
    const [table, { what, remedy }] = problem;
    throw new PermanentError({
      code: "TABLE_INCOMPATIBLE",
      cause: `the table ${table} in database ${client.database ?? ""} ${what}`,
      remedy,
    });
  }
  return created;
}
