/**
 * The tables: created where they are missing and the account may, checked where they are there.
 *
 * @module
 */
import pg from "pg";
import { codeOf, PermanentError } from "../errors.ts";
import { type ConnectOptions, connectPostgres, type PostgresSettings } from "../postgres/connection.ts";
import { explain } from "../postgres/errors.ts";
import { withSavepoint } from "../postgres/session.ts";
import { permanentError } from "../diagnosis/diagnosis.ts";
import { missingDatabase } from "../diagnosis/postgres_login.ts";
import { createTableSql, OWN_TABLES } from "./tables.ts";
import type { Stream } from "../stream.ts";
import { type RelationProblem, relationProblems } from "./relations.ts";

const identifier = pg.escapeIdentifier;

/** `CREATE TABLE` of a stream's table, in the order of its fields. */
export const streamTableSql = ({ table, fields }: Stream): string =>
  `CREATE TABLE IF NOT EXISTS ${identifier(table)} (\n${
    fields.map(({ column, type }) => `  ${identifier(column)} ${type} NOT NULL`).join(",\n")
  }\n)`;

/** What a COPY of a stream's rows is into. */
export const streamTarget = ({ table, fields }: Stream): string =>
  `${identifier(table)} (${fields.map(({ column }) => identifier(column)).join(", ")})`;

/** Columns that each table must have, with the type that the binary format needs. */
const expectedColumns = (
  streams: readonly Stream[],
): [table: string, columns: [name: string, type: string][]][] => [
  ...streams.map(({ table, fields }): [string, [string, string][]] => [
    table,
    fields.map(({ column, type }) => [column, type === "INT" ? "integer" : "double precision"]),
  ]),
  ...OWN_TABLES.map(({ name, columns }): [string, [string, string][]] => [
    name,
    columns.filter(({ hasDefault }) => !hasDefault).map(({ name, type }) => [name, type]),
  ]),
];

/**
 * How a table is refused that another consumer, started at the same time, is making or has made since we looked: by the catalogue's
 * unique index, or since the table or its row type is there. `IF NOT EXISTS` keeps from none of them.
 */
const CONCURRENT_CREATE_SQLSTATES = ["23505", "42P07", "42710"];

/** SQLSTATEs of a `CREATE TABLE` without the privilege, and without a schema on the search_path. */
const MAY_NOT_CREATE = ["42501", "3F000"];

/** Databases that a server has besides the one asked for; from one of them it can be created. */
export const MAINTENANCE_DATABASES = ["postgres", "defaultdb", "template1"];

/**
 * Creates the database where it is missing.
 *
 * @returns whether it was created
 * @throws {PermanentError} where it is missing and the account may not create it
 */
export async function ensureDatabase(settings: PostgresSettings, options: ConnectOptions): Promise<boolean> {
  const name = settings.PGDATABASE;
  try {
    const client = await connectPostgres(settings, options);
    await client.end();
    return false;
  } catch (error) {
    if (codeOf(error) !== "3D000") throw error;
  }
  let last: unknown;
  for (const database of MAINTENANCE_DATABASES) {
    let client: pg.Client;
    try {
      client = await connectPostgres(settings, { ...options, database });
    } catch (error) {
      if (!(error instanceof PermanentError)) throw error;
      last = error;
      continue;
    }
    try {
      await client.query(`CREATE DATABASE ${identifier(name)}`);
      return true;
    } catch (error) {
      // Another consumer was faster: 42P04 where it is done, 23505 where both were at it.
      if (["42P04", "23505"].includes(codeOf(error) ?? "")) return false;
      last = error;
      if (codeOf(error) === "42501") break;
      throw error;
    } finally {
      await client.end();
    }
  }
  throw permanentError(
    "Cannot connect to PostgreSQL",
    missingDatabase({ database: name }, ", and the account may not create it"),
    last,
  );
}

/** The statement that creates each table, by its name. */
export const tablesSql = (streams: readonly Stream[]): ReadonlyMap<string, string> =>
  new Map([
    ...streams.map((stream) => [stream.table, streamTableSql(stream)] as const),
    ...OWN_TABLES.map((table) => [table.name, createTableSql(table)] as const),
  ]);

/**
 * Creates the tables that are missing and checks the others' columns, in the transaction in hand. A table that is there, such as one made by the Python
 * original, is used as it is.
 *
 * @returns the names of the tables that were created
 * @throws {PermanentError} where a table is missing and may not be created, or the consumer cannot store into it
 */
export async function ensureTables(client: pg.Client, streams: readonly Stream[]): Promise<string[]> {
  const sql = tablesSql(streams);
  const existing = await columnsOf(client, [...sql.keys()]);
  const created: string[] = [];
  for (const [table, create] of sql) {
    if (existing.has(table)) continue;
    try {
      await withSavepoint(client, () => client.query(create));
      created.push(table);
    } catch (error) {
      if (CONCURRENT_CREATE_SQLSTATES.includes(codeOf(error) ?? "")) continue;
      if (!MAY_NOT_CREATE.includes(codeOf(error) ?? "")) throw error;
      throw new PermanentError(
        `${
          explain(`The table "${table}" does not exist and this account may not create it`, error)
        } Or create it:\n${create};`,
        { cause: error },
      );
    }
  }
  for (const [table, { what, remedy }] of await tableProblems(client, streams)) {
    throw new PermanentError(`The table "${table}" in database ${client.database ?? ""} ${what}. ${remedy}`);
  }
  return created;
}

/**
 * What keeps the consumer from storing into the tables: the kind of relation, row-level security, missing columns, other types.
 *
 * @returns by table; one that fits is not in it. A table that is not there has all its columns missing.
 */
export async function tableProblems(
  client: pg.Client,
  streams: readonly Stream[],
): Promise<Map<string, RelationProblem>> {
  const uses = new Map([
    ...streams.map(({ table }) => [table, "stream"] as const),
    ...OWN_TABLES.map(({ name }) => [name, "own"] as const),
  ]);
  const problems = await relationProblems(client, uses);
  const expected = expectedColumns(streams);
  const columns = await columnsOf(client, expected.map(([table]) => table));
  for (const [table, wanted] of expected) {
    const found = columns.get(table);
    const wrong = wanted.filter(([name, type]) => found?.get(name) !== type)
      .map(([name, type]) => `${name} must be ${type} and is ${found?.get(name) ?? "missing"}`);
    if (wrong.length === 0 || problems.has(table)) continue;
    problems.set(table, {
      what: `does not fit: ${wrong.join("; ")}`,
      remedy: "Correct it, or rename it and have the consumer create it again.",
    });
  }
  return problems;
}

/**
 * The columns of the tables that the session sees under these names, with their types; a table that it doesn't see is left out. The
 * type of a domain is the type that it is a domain over: their binary formats are the same.
 */
export async function columnsOf(
  client: pg.Client,
  tables: readonly string[],
): Promise<Map<string, Map<string, string>>> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(
    `SELECT t.name AS "table", a.attname AS "column",
       format_type(base.oid, NULL) || CASE a.attgenerated WHEN '' THEN '' ELSE ' GENERATED ALWAYS' END AS type
     FROM unnest($1::text[]) AS t (name)
     JOIN pg_attribute a ON a.attrelid = to_regclass(quote_ident(t.name)) AND a.attnum > 0 AND NOT a.attisdropped
     CROSS JOIN LATERAL (
       WITH RECURSIVE types AS (
         SELECT oid, typtype, typbasetype FROM pg_type WHERE oid = a.atttypid
         UNION ALL SELECT p.oid, p.typtype, p.typbasetype FROM types d JOIN pg_type p ON d.typtype = 'd' AND p.oid = d.typbasetype
       ) SELECT oid FROM types WHERE typtype <> 'd'
     ) AS base`,
    [tables],
  );
  const result = new Map<string, Map<string, string>>();
  for (const { table, column, type } of rows) {
    if (!result.has(table)) result.set(table, new Map());
    result.get(table)!.set(column, type);
  }
  return result;
}
