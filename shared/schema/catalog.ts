/**
 * Reads the columns of tables from PostgreSQL's catalog.
 *
 * @module
 */
import type pg from "pg";
import type { CharacterSet } from "../types/character_set.ts";
import { arrayOf, parseType, type TypeDescriptor } from "../types/type_descriptor.ts";
import { readCharacterSet } from "./server_encoding.ts";

/** A column of a table. */
export interface CatalogColumn {
  readonly name: string;
  /** As `format_type()` prints it; for a domain, its base type: their binary formats are the same. */
  readonly sql: string;
  /** `undefined`: not a supported type. */
  readonly type: TypeDescriptor | undefined;
  /** OID of the column's type, which may be a domain. */
  readonly typeOid: number;
  /** The column or its domain is NOT NULL. */
  readonly isNotNull: boolean;
  /** GENERATED ALWAYS AS (…), or AS IDENTITY: COPY and INSERT cannot write the column. */
  readonly isGenerated: boolean;
}

/** A table as the session's search_path finds it. */
export interface CatalogTable {
  /** Name as in SQL. */
  readonly table: string;
  /** By name. */
  readonly columns: ReadonlyMap<string, CatalogColumn>;
}

/** What the types of columns depend on. */
export interface Catalog {
  /** By name as in SQL; tables that do not exist are left out. */
  readonly tables: ReadonlyMap<string, CatalogTable>;
  /** The database's characters; `undefined`: all (UTF-8). */
  readonly characters: CharacterSet | undefined;
}

/** A type in the query's result. */
interface TypeRow {
  readonly oid: number;
  readonly sql: string;
  readonly labels: readonly string[] | null;
}

interface ColumnRow extends TypeRow {
  readonly table: string;
  readonly column: string;
  readonly type_oid: number;
  readonly not_null: boolean;
  readonly generated: boolean;
  /** The array's element type: the domain, if it is one, and its base type. */
  readonly element_oid: number | null;
  readonly element: TypeRow | null;
}

/** The base type of a type, which may be a domain over a domain: oid, modifier, and whether any of them is NOT NULL. */
const baseType = (oid: string, modifier: string) =>
  `(WITH RECURSIVE types AS (
     SELECT oid, typtype, typbasetype, ${modifier} AS modifier, typtypmod, typnotnull FROM pg_catalog.pg_type WHERE oid = ${oid}
     UNION ALL
     SELECT p.oid, p.typtype, p.typbasetype, greatest(d.modifier, d.typtypmod), p.typtypmod, d.typnotnull OR p.typnotnull
     FROM types d JOIN pg_catalog.pg_type p ON d.typtype = 'd' AND p.oid = d.typbasetype
   ) SELECT t.oid, t.modifier, t.typnotnull, p.typcategory = 'A' AND p.typlen = -1 AS is_array, p.typelem,
       pg_catalog.format_type(t.oid, t.modifier) AS sql,
       (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_catalog.pg_enum e WHERE e.enumtypid = t.oid) AS labels
   FROM types t JOIN pg_catalog.pg_type p ON p.oid = t.oid WHERE t.typtype <> 'd')`;

/** OIDs are JSON: `extra_float_digits` of the role would round doubles. */
const COLUMNS_SQL =
  `SELECT t.name AS "table", a.attname::text AS "column", to_jsonb(a.atttypid::int8) AS type_oid, to_jsonb(base.oid::int8) AS oid, base.sql, base.labels,
    a.attnotnull OR base.typnotnull AS not_null, a.attgenerated <> '' OR a.attidentity = 'a' AS generated,
    CASE WHEN base.is_array THEN to_jsonb(base.typelem::int8) END AS element_oid,
    CASE WHEN element.oid IS NOT NULL
      THEN jsonb_build_object('oid', element.oid::int8, 'sql', element.sql, 'labels', element.labels) END AS element
  FROM unnest($1::text[]) AS t (name)
  JOIN pg_catalog.pg_attribute a ON a.attrelid = to_regclass(t.name) AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN LATERAL ${baseType("a.atttypid", "a.atttypmod")} AS base
  LEFT JOIN LATERAL ${baseType("base.typelem", "base.modifier")} AS element ON base.is_array
  ORDER BY t.name, a.attnum`;

function scalarDescriptor({ oid, sql, labels }: TypeRow): TypeDescriptor | undefined {
  if (labels) return { kind: "enum", sql, oid, modifiers: [], labels };
  const type = parseType(sql);
  return type && type.kind !== "enum" && type.oid === oid ? { ...type, sql } : undefined;
}

function descriptorOf(row: ColumnRow): TypeDescriptor | undefined {
  if (row.element_oid === null || !row.element) return scalarDescriptor(row);
  const element = scalarDescriptor(row.element);
  return element && { ...arrayOf({ ...element, oid: row.element_oid }), sql: row.sql, oid: row.oid };
}

/**
 * Reads tables for the session.
 *
 * @param tables names as in SQL
 */
export async function readCatalog(client: pg.Client, tables: readonly string[]): Promise<Catalog> {
  const { rows } = await client.query<ColumnRow>(COLUMNS_SQL, [tables]);
  const byTable = new Map<string, Map<string, CatalogColumn>>();
  for (const row of rows) {
    if (!byTable.has(row.table)) byTable.set(row.table, new Map());
    byTable.get(row.table)!.set(row.column, {
      name: row.column,
      sql: row.sql,
      type: descriptorOf(row),
      typeOid: row.type_oid,
      isNotNull: row.not_null,
      isGenerated: row.generated,
    });
  }
  return {
    tables: new Map([...byTable].map(([table, columns]) => [table, { table, columns }])),
    characters: await readCharacterSet(client),
  };
}
