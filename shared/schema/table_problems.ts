/**
 * Checks whether the consumer can store into its tables.
 *
 * @module
 */
import type pg from "pg";
import type { Column, Stream } from "../stream.ts";
import type { Catalog, CatalogTable } from "./catalog.ts";
import { isNullable } from "./column_schema.ts";
import { CONSUMER_PROGRESS, OWN_TABLES } from "./own_tables.ts";
import { type RelationProblem, relationProblems } from "./relation_problems.ts";
import { upsertProblems } from "./upsert_problems.ts";
import { incompatibleVersion, parseSchemaVersion, readSchemaComment } from "./schema_version.ts";
import { addColumnsSql, declaredType, enumTypes, enumTypeSql } from "./stream_table.ts";
import { isConvertible } from "./type_family.ts";

/**
 * Finds what prevents the consumer from storing into existing tables: kind of relation, row-level security, missing columns, types that
 * cannot store the stream's values, a newer schema version, what upserts need.
 *
 * @returns by table name, only tables with a problem
 */
export async function tableProblems(
  client: pg.Client,
  streams: readonly Stream[],
  { tables }: Pick<Catalog, "tables">,
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
  const found = [
    ...streams.map((stream) => [stream.table, streamProblem(stream, tables.get(stream.table))] as const),
    ...OWN_TABLES.map(({ name, columns }) => {
      const required = columns.filter(({ hasDefault }) => !hasDefault);
      const mismatches = required.flatMap(({ name: column, type }) => {
        const actual = tables.get(name)?.columns.get(column)?.sql;
        return actual === type ? [] : [mismatch(column, type, actual)];
      });
      return [name, incompatibleSchema(mismatches)] as const;
    }),
  ];
  for (const [table, problem] of found) {
    if (problem && tables.has(table) && !problems.has(table)) problems.set(table, problem);
  }
  return problems;
}

/** The columns of a stream that its table lacks. */
export const missingColumns = ({ columns }: Stream, table: CatalogTable | undefined): Column[] =>
  columns.filter(({ name }) => !table?.columns.has(name));

const mismatch = (column: string, expected: string, actual: string | undefined) =>
  `column ${column}: expected ${expected}, found ${actual ?? "none"}`;

const incompatibleSchema = (mismatches: readonly string[]): RelationProblem | undefined =>
  mismatches.length === 0 ? undefined : {
    what: `has an incompatible schema: ${mismatches.join("; ")}`,
    remedy: "Alter it, or rename the table and restart the consumer.",
  };

function streamProblem(stream: Stream, table: CatalogTable | undefined): RelationProblem | undefined {
  const missing = missingColumns(stream, table);
  const mismatches = stream.columns.flatMap((column) => {
    const actual = table?.columns.get(column.name);
    if (actual?.type && !actual.isGenerated && isConvertible(column, actual.type)) return [];
    return [
      mismatch(
        column.name,
        declaredType(column),
        actual && actual.sql + (actual.isGenerated ? " GENERATED ALWAYS" : ""),
      ),
    ];
  });
  const problem = incompatibleSchema(mismatches);
  if (problem === undefined || missing.length < mismatches.length) return problem;
  const setting = missing.every((column) => isNullable(stream, column))
    ? " Or set CONSUMER_ADD_COLUMNS=true: the consumer then adds nullable columns."
    : "";
  const types = [...enumTypes({ ...stream, columns: missing })]
    .map(([name, labels]) => `${enumTypeSql(name, labels)}; (unless it exists) `);
  return { ...problem, remedy: `Run: ${types.join("")}${addColumnsSql(stream, missing)};${setting}` };
}
