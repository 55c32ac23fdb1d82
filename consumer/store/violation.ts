/**
 * Looks violated constraints up in the catalog: their table and columns.
 *
 * @module
 */
import type pg from "pg";
import type { PostgresErrorFields } from "../../shared/postgres/errors.ts";

/** Table and columns of a violated constraint. */
export interface Violation {
  /** The table among those passed that the constraint belongs to, directly or through a partition or child table; `null`: none. */
  readonly table: string | null;
  /** The columns that the constraint checks, including those that a generated column is computed from. `null`: it checks whole rows. */
  readonly columns: readonly string[] | null;
  /** One of these columns that is filled from a sequence, if any, and the sequence. */
  readonly serial: { readonly column: string; readonly sequence: string } | null;
}

/**
 * Finds the violated object by the most specific field of the error:
 * - `of_column`: NOT NULL, of a column that the error names;
 * - `of_constraint`: CHECK and FOREIGN KEY, with their columns in conkey, where 0 means the whole row;
 * - `of_index`: UNIQUE, PRIMARY KEY and EXCLUDE, also an index without a constraint. A predicate's columns count only if an expression is
 *   indexed, since pg_depend does not distinguish the two;
 * - `referenced`: FOREIGN KEY of another table, if the row that a tombstone deletes is still referenced: the referenced columns;
 * - `of_domain`: every column of the tables whose type is the domain, or a domain over it.
 *
 * A view with an INSTEAD OF trigger writes to another table: its columns are compared by name.
 */
const VIOLATION_SQL = `
WITH RECURSIVE error (schema, "table", "column", "constraint", data_type) AS (
  VALUES ($1::text, $2::text, $3::text, $4::text, $5::text)
), ours AS (
  SELECT name, to_regclass(name)::oid AS oid FROM unnest($6::text[]) AS t (name)
), domain AS (
  SELECT t.oid FROM error e JOIN pg_namespace n ON n.nspname = e.schema
  JOIN pg_type t ON t.typnamespace = n.oid AND t.typname = e.data_type AND t.typtype = 'd'
  UNION SELECT t.oid FROM domain d JOIN pg_type t ON t.typbasetype = d.oid
), of_domain AS (
  SELECT a.attrelid, a.attnum FROM domain d JOIN pg_attribute a ON a.atttypid = d.oid JOIN ours o ON o.oid = a.attrelid
), violated AS (
  SELECT c.oid FROM error e JOIN pg_namespace n ON n.nspname = e.schema
  JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = e."table"
  UNION SELECT attrelid FROM of_domain
), ancestors AS (
  SELECT oid FROM violated UNION SELECT i.inhparent FROM ancestors a JOIN pg_inherits i ON i.inhrelid = a.oid
), referenced AS (
  SELECT c.confrelid AS oid, k.attnum FROM error e, violated v
  JOIN pg_constraint c ON c.conrelid = v.oid AND c.contype = 'f', unnest(c.confkey) AS k (attnum)
  WHERE c.conname = e."constraint" AND NOT EXISTS (SELECT FROM ours o JOIN ancestors a ON a.oid = o.oid)
), referenced_ancestors AS (
  SELECT oid FROM referenced UNION SELECT i.inhparent FROM referenced_ancestors a JOIN pg_inherits i ON i.inhrelid = a.oid
), of_column AS (
  SELECT a.attrelid, a.attnum FROM error e, violated v
  JOIN pg_attribute a ON a.attrelid = v.oid WHERE a.attname = e."column"
), of_constraint AS (
  SELECT c.conrelid, k.attnum FROM error e, violated v
  JOIN pg_constraint c ON c.conrelid = v.oid AND c.contype IN ('c', 'f'), unnest(c.conkey) AS k (attnum)
  WHERE c.conname = e."constraint"
), index AS (
  SELECT i.indexrelid, i.indrelid, (i.indkey::int2[])[0:i.indnkeyatts - 1] AS key FROM error e, violated v
  JOIN pg_index i ON i.indrelid = v.oid JOIN pg_class c ON c.oid = i.indexrelid WHERE c.relname = e."constraint"
), of_index AS (
  SELECT i.indrelid, k.attnum FROM index i, unnest(i.key) AS k (attnum) WHERE k.attnum <> 0
  UNION SELECT i.indrelid, d.refobjsubid FROM index i JOIN pg_depend d ON d.classid = 'pg_class'::regclass
    AND d.objid = i.indexrelid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid AND d.refobjsubid > 0
    WHERE 0 = ANY (i.key)
), checked (oid, attnum) AS (
  SELECT * FROM of_column UNION SELECT * FROM of_constraint UNION SELECT * FROM of_index UNION SELECT * FROM of_domain
  UNION SELECT * FROM referenced
), generators (oid, attnum) AS (
  SELECT c.oid, d.refobjsubid FROM checked c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = c.attnum AND a.attgenerated <> ''
  JOIN pg_attrdef f ON f.adrelid = c.oid AND f.adnum = c.attnum
  JOIN pg_depend d ON d.classid = 'pg_attrdef'::regclass AND d.objid = f.oid AND d.refclassid = 'pg_class'::regclass AND d.refobjid = c.oid
), columns AS (
  SELECT DISTINCT a.attname::text AS name FROM (SELECT * FROM checked UNION SELECT * FROM generators) AS c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = c.attnum AND a.attnum > 0
), root AS (
  SELECT o.name FROM ours o JOIN pg_class c ON c.oid = o.oid
  WHERE EXISTS (SELECT FROM violated) AND (
    o.oid IN (SELECT oid FROM ancestors UNION SELECT oid FROM referenced_ancestors) OR c.relkind = 'v'
  )
  ORDER BY c.relkind = 'v' LIMIT 1
), serial AS (
  SELECT c.name AS "column", pg_get_serial_sequence(r.name, c.name) AS sequence FROM root r
  JOIN columns c ON EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = to_regclass(r.name) AND a.attname = c.name)
)
SELECT (SELECT name FROM root) AS "table",
  CASE WHEN EXISTS (SELECT FROM checked WHERE attnum = 0) THEN NULL ELSE ARRAY(SELECT name FROM columns ORDER BY name) END AS columns,
  (SELECT row_to_json(s) FROM serial s WHERE sequence IS NOT NULL ORDER BY "column" LIMIT 1) AS serial`;

/**
 * Looks up a violated constraint.
 *
 * @param error an error of class 23
 * @param tables names (as in SQL) of the tables that the transaction wrote to, resolved by the session's search_path
 */
export async function lookUpViolation(
  client: pg.Client,
  error: PostgresErrorFields,
  tables: readonly string[],
): Promise<Violation> {
  const { schema, table, column, constraint, dataType } = error;
  const { rows: [violation] } = await client.query<Violation>(
    VIOLATION_SQL,
    [...[schema, table, column, constraint, dataType].map((field) => field ?? null), tables],
  );
  return violation!;
}
