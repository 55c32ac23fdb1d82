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
import { readCatalog } from "./catalog.ts";
import { isNullable } from "./column_schema.ts";
import { readPrivileges } from "./missing_privileges.ts";
import { createTableSql, OWN_TABLES } from "./own_tables.ts";
import { notCreatable, schemaProblems, targetSchemas } from "./schema_problems.ts";
import {
  addColumnsSql,
  enumTypes,
  enumTypeSql,
  streamTableSql,
  streamTableStatements,
} from "./stream_table.ts";
import { missingColumns, tableProblems } from "./table_problems.ts";

/**
 * SQLSTATEs of a `CREATE TABLE` when another consumer creates the table at the same time: unique_violation in the catalog,
 * duplicate_table, or duplicate_object for the row type. `IF NOT EXISTS` prevents none of them.
 */
const CONCURRENT_CREATE_SQLSTATES = ["23505", "42P07", "42710"];

/** SQLSTATEs of a `CREATE TABLE` without the privilege, and without a schema on the search_path. */
const NOT_CREATABLE = ["42501", "3F000"];

/** What {@link ensureTables} may change besides creating tables. */
export interface EnsureOptions {
  /** Whether to add columns that an existing table lacks, if the stream can have NULL in them. */
  readonly addColumns: boolean;
}

/** The statements that create the tables, by table name. */
export const tablesSql = (streams: readonly Stream[]): ReadonlyMap<string, string> =>
  new Map([
    ...streams.map((stream) => [stream.table, streamTableStatements(stream)] as const),
    ...OWN_TABLES.map((table) => [table.name, createTableSql(table)] as const),
  ]);

/**
 * Creates the tables that do not exist, with their enum types, and checks the others, in the current transaction. An existing table, such
 * as one created by the Python original, is used unchanged, except for new columns.
 *
 * @returns what was created, such as `table orders`
 * @throws {PermanentError} if the account is not allowed to create a table, or the consumer cannot store into one
 */
export async function ensureTables(
  client: pg.Client,
  streams: readonly Stream[],
  { addColumns }: EnsureOptions,
): Promise<string[]> {
  const sql = tablesSql(streams), names = [...sql.keys()];
  await assertAccessible(client, "table", names);
  const before = await readCatalog(client, names), existing = before.tables;
  const created: string[] = [];
  const create = async (what: string, statement: string, table: string) => {
    if (await tryCreate(client, statement, table, sql.get(table)!)) created.push(what);
  };
  for (const stream of streams) {
    const table = existing.get(stream.table);
    const missing = missingColumns(stream, table).filter((column) => isNullable(stream, column));
    if (table && (!addColumns || missing.length === 0)) continue;
    let hasTypes = true;
    for (const [name, labels] of await missingTypes(client, stream)) {
      const statement = enumTypeSql(name, labels);
      if (!table) await create(`type ${name}`, statement, stream.table);
      else if (await alterTable(client, statement)) created.push(`type ${name}`);
      else hasTypes = false;
    }
    if (!table) await create(`table ${stream.table}`, streamTableSql(stream), stream.table);
    else if (hasTypes && await alterTable(client, addColumnsSql(stream, missing))) {
      created.push(...missing.map(({ name }) => `column ${name} of table ${stream.table}`));
    }
  }
  for (const table of OWN_TABLES) {
    if (!existing.has(table.name)) await create(`table ${table.name}`, createTableSql(table), table.name);
  }
  const isUnchanged = created.length === 0 && names.every((name) => existing.has(name));
  const [problem] = await tableProblems(
    client,
    streams,
    isUnchanged ? before : await readCatalog(client, names),
  );
  if (problem) {
    const [table, { what, remedy }] = problem;
    throw new PermanentError({
      code: "TABLE_INCOMPATIBLE",
      cause: `the table ${table} in database ${client.database ?? ""} ${what}`,
      remedy,
    });
  }
  await assertPrivileges(client, streams, names);
  return created;
}

/** @throws {PermanentError} if the account is not allowed to use the schema of a table or type */
async function assertAccessible(client: pg.Client, kind: string, names: readonly string[]): Promise<void> {
  const [problem] = await schemaProblems(client, names);
  if (!problem) return;
  const [name, { what, remedy }] = problem;
  throw new PermanentError({ code: "PRIVILEGE_MISSING", cause: `the ${kind} ${name} ${what}`, remedy });
}

/** @throws {PermanentError} if the account lacks a privilege on the tables, with all statements that grant them */
async function assertPrivileges(
  client: pg.Client,
  streams: readonly Stream[],
  names: readonly string[],
): Promise<void> {
  const lacking = (await readPrivileges(client, streams, names)).filter(({ missing }) => missing.length > 0);
  if (lacking.length === 0) return;
  throw new PermanentError({
    code: "PRIVILEGE_MISSING",
    cause: `the account lacks ${lacking.flatMap(({ missing }) => missing).join("; ")}`,
    remedy: lacking.flatMap(({ grants }) => grants).join(" "),
  });
}

/** Creates a table or type. Returns false if another consumer creates it at the same time. */
async function tryCreate(client: pg.Client, sql: string, table: string, all: string): Promise<boolean> {
  try {
    await withSavepoint(client, () => client.query(sql));
    return true;
  } catch (error) {
    if (CONCURRENT_CREATE_SQLSTATES.includes(codeOf(error) ?? "")) return false;
    if (!NOT_CREATABLE.includes(codeOf(error) ?? "")) throw error;
    const failure = statementFailure(`Cannot create the table ${table}`, error);
    const target = (await targetSchemas(client, [table])).get(table);
    if (!target || target.canCreate) throw new PermanentError(failure, { cause: error });
    const { what, remedy } = notCreatable(target, all);
    throw new PermanentError({ code: failure.code, cause: `the table ${table} ${what}`, remedy }, {
      cause: error,
    });
  }
}

/** The enum types of a stream that do not exist. */
async function missingTypes(
  client: pg.Client,
  stream: Stream,
): Promise<[name: string, labels: readonly string[]][]> {
  const types = [...enumTypes(stream)];
  if (types.length === 0) return [];
  await assertAccessible(client, "type", types.map(([name]) => name));
  const { rows } = await client.query<{ name: string }>(
    "SELECT t.name FROM unnest($1::text[]) AS t (name) WHERE to_regtype(t.name) IS NULL",
    [types.map(([name]) => name)],
  );
  return types.filter(([name]) => rows.some((row) => row.name === name));
}

/** Alters a table, or creates a type for it. Returns false if the account is not allowed to, or the table is a view. */
async function alterTable(client: pg.Client, sql: string): Promise<boolean> {
  try {
    await withSavepoint(client, () => client.query(sql));
    return true;
  } catch (error) {
    if (CONCURRENT_CREATE_SQLSTATES.includes(codeOf(error) ?? "")) return true;
    if (!["42501", "42809"].includes(codeOf(error) ?? "")) throw error;
    return false;
  }
}
