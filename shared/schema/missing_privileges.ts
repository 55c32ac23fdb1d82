/**
 * Privileges on tables that the consumer needs and the account lacks.
 *
 * @module
 */
import type pg from "pg";
import type { Stream } from "../stream.ts";
import { upsertMode } from "../upsert_stream.ts";
import { OWN_TABLE_PRIVILEGES, OWN_TABLES } from "./own_tables.ts";
import { streamTablePrivileges } from "./stream_table.ts";

/** The account's privileges on a table. */
export interface TablePrivileges {
  readonly table: string;
  readonly granted: readonly string[];
  /** What is missing, such as `INSERT, UPDATE on orders`. */
  readonly missing: readonly string[];
  /** The statements that grant it. */
  readonly grants: readonly string[];
}

interface PrivilegesRow {
  readonly table: string;
  readonly granted: string[];
  readonly missing: string[];
  readonly sequences: string[];
  readonly schemas: string[];
  readonly account: string;
}

/**
 * A privilege on columns is enough for COPY. `sequences` are those of defaults of columns that the consumer does not write; identity columns
 * need no privilege. `schemas` are those of the columns' types, which the temporary table of an upsert names.
 */
const PRIVILEGES_SQL =
  `SELECT w."table", privileges.granted, privileges.missing, sequences.missing AS sequences, schemas.missing AS schemas,
  quote_ident(current_user) AS account
FROM jsonb_to_recordset($1::jsonb) AS w ("table" text, needed text[], written text[], "namesTypes" boolean)
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(p ORDER BY i) FILTER (WHERE has), '{}') AS granted, coalesce(array_agg(p ORDER BY i) FILTER (WHERE NOT has), '{}') AS missing
  FROM unnest(w.needed) WITH ORDINALITY AS n (p, i)
  CROSS JOIN LATERAL (
    SELECT CASE p WHEN 'DELETE' THEN has_table_privilege(to_regclass(w."table"), p)
      ELSE has_any_column_privilege(to_regclass(w."table"), p) END AS has
  ) AS h
) AS privileges
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(DISTINCT s.oid::regclass::text), '{}') AS missing
  FROM pg_attribute a JOIN pg_attrdef f ON f.adrelid = a.attrelid AND f.adnum = a.attnum
  JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass
  JOIN pg_class s ON s.oid = d.refobjid
  WHERE a.attrelid = to_regclass(w."table") AND a.attname <> ALL (w.written)
    AND CASE s.relkind WHEN 'S' THEN NOT has_sequence_privilege(s.oid, 'USAGE, UPDATE') END
) AS sequences
CROSS JOIN LATERAL (
  SELECT coalesce(array_agg(DISTINCT quote_ident(n.nspname)), '{}') AS missing
  FROM pg_attribute a JOIN pg_type t ON t.oid = a.atttypid
  JOIN pg_type base ON base.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
  JOIN pg_namespace n ON n.oid = base.typnamespace
  WHERE w."namesTypes" AND a.attrelid = to_regclass(w."table") AND a.attname = ANY (w.written) AND NOT has_schema_privilege(n.oid, 'USAGE')
) AS schemas`;

/** Reads the account's privileges on existing tables, whose schemas it can use. @param tables names as in SQL */
export async function readPrivileges(
  client: pg.Client,
  streams: readonly Stream[],
  tables: readonly string[],
): Promise<TablePrivileges[]> {
  const wanted = [
    ...streams.map((stream) => ({
      table: stream.table,
      needed: streamTablePrivileges(stream),
      written: stream.columns.map(({ name }) => name),
      namesTypes: upsertMode(stream) !== undefined,
    })),
    ...OWN_TABLES.map(({ name, columns }) => ({
      table: name,
      needed: OWN_TABLE_PRIVILEGES,
      written: columns.map(({ name }) => name),
      namesTypes: false,
    })),
  ].filter(({ table }) => tables.includes(table));
  const { rows } = await client.query<PrivilegesRow>(PRIVILEGES_SQL, [JSON.stringify(wanted)]);
  return rows.map(({ table, granted, missing, sequences, schemas, account }) => {
    const found = [
      ...missing.length > 0 ? [[missing.join(", "), table]] : [],
      ...sequences.map((sequence) => ["USAGE", `SEQUENCE ${sequence}`]),
      ...schemas.map((schema) => ["USAGE", `SCHEMA ${schema}`]),
    ];
    return {
      ...{ table, granted },
      missing: found.map(([privileges, on]) =>
        `${privileges} on ${on!.replace(/^(SEQUENCE|SCHEMA) /, (kind) => `the ${kind.toLowerCase()}`)}`
      ),
      grants: found.map(([privileges, on]) => `GRANT ${privileges} ON ${on} TO ${account};`),
    };
  });
}
