/**
 * Checks whether the consumer can store into its tables.
 *
 * @module
 */
import type pg from "pg";
import type { Stream } from "../stream.ts";
import { CONSUMER_PROGRESS, OWN_TABLES } from "./own_tables.ts";
import { type RelationProblem, relationProblems } from "./relation_problems.ts";
import { upsertProblems } from "./upsert_problems.ts";
import { incompatibleVersion, parseSchemaVersion, readSchemaComment } from "./schema_version.ts";

/** Columns that each table must have, with the types that COPY's binary format requires. */
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
 * Finds what prevents the consumer from storing into its tables: kind of relation, row-level security, missing columns, other column
 * types, a newer schema version, what upserts need.
 *
 * @returns by table name, only tables with a problem; all columns of a table that does not exist are missing
 */
export async function tableProblems(
  client: pg.Client,
  streams: readonly Stream[],
): Promise<Map<string, RelationProblem>> {
  const uses = new Map([
    ...streams.map(({ table }) => [table, "stream"] as const),
    ...OWN_TABLES.map(({ name }) => [name, "own"] as const),
  ]);
  const problems = new Map([
    ...await upsertProblems(client, streams),
    ...await relationProblems(client, uses),
  ]);
  const incompatible = incompatibleVersion(parseSchemaVersion(await readSchemaComment(client)));
  if (incompatible) {
    problems.set(CONSUMER_PROGRESS.name, {
      what: incompatible,
      remedy: "Run the version of the program that upgraded the tables, or a later one.",
    });
  }
  const expected = expectedColumns(streams);
  const columns = await readColumns(client, expected.map(([table]) => table));
  for (const [table, required] of expected) {
    const found = columns.get(table);
    const mismatches = required.filter(([name, type]) => found?.get(name) !== type)
      .map(([name, type]) => `column ${name}: expected ${type}, found ${found?.get(name) ?? "none"}`);
    if (mismatches.length === 0 || problems.has(table)) continue;
    problems.set(table, {
      what: `has an incompatible schema: ${mismatches.join("; ")}`,
      remedy: "Alter it, or rename the table and restart the consumer.",
    });
  }
  return problems;
}

/**
 * Reads the columns of tables, as the session's search_path finds them. The type of a domain is its base type: their binary formats are
 * the same.
 *
 * @returns type by column name, by table name; tables that do not exist are left out
 */
export async function readColumns(
  client: pg.Client,
  tables: readonly string[],
): Promise<Map<string, Map<string, string>>> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(
    `SELECT t.name AS "table", a.attname AS "column",
       format_type(base.oid, NULL) || CASE a.attgenerated WHEN '' THEN '' ELSE ' GENERATED ALWAYS' END AS type
     FROM unnest($1::text[]) AS t (name)
     JOIN pg_attribute a ON a.attrelid = to_regclass(t.name) AND a.attnum > 0 AND NOT a.attisdropped
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
