/**
 * Checks the properties of a relation, other than its columns, that prevent the consumer from storing into it.
 *
 * @module
 */
import type pg from "pg";

/** Why the consumer cannot store into a relation, and the remedy. */
export interface RelationProblem {
  /** A clause that follows the table's name. */
  readonly what: string;
  readonly remedy: string;
}

/** Properties of a relation in the catalog. */
export interface Relation {
  readonly table: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** `u` or `t` if the relation or one of its partitions is UNLOGGED or temporary, else `p`. */
  readonly persistence: string;
  readonly hasForeignPartition: boolean;
  /** Row-level security applies to this account. */
  readonly hasRowSecurity: boolean;
  readonly hasInsertTrigger: boolean;
  readonly hasInsertRule: boolean;
}

const RELATIONS_SQL = `SELECT t.name AS "table", c.relkind AS kind,
  CASE WHEN 't' = ANY (parts.persistence) THEN 't' WHEN 'u' = ANY (parts.persistence) THEN 'u' ELSE 'p' END AS persistence,
  'f' = ANY (parts.kinds) AS "hasForeignPartition",
  CASE WHEN c.relkind IN ('r', 'p') THEN row_security_active(c.oid) ELSE false END AS "hasRowSecurity",
  -- INSTEAD (64) of INSERT (4).
  EXISTS (SELECT FROM pg_trigger WHERE tgrelid = c.oid AND tgtype & 68 = 68 AND tgenabled <> 'D') AS "hasInsertTrigger",
  EXISTS (SELECT FROM pg_rewrite WHERE ev_class = c.oid AND ev_type = '3' AND ev_enabled <> 'D') AS "hasInsertRule"
FROM unnest($1::text[]) AS t (name)
JOIN pg_class c ON c.oid = to_regclass(t.name)
CROSS JOIN LATERAL (
  SELECT array_agg(p.relpersistence) AS persistence, array_agg(p.relkind) AS kinds
  FROM pg_class p WHERE p.oid = c.oid OR c.relkind = 'p' AND p.oid IN (SELECT relid FROM pg_partition_tree(c.oid))
) AS parts`;

/**
 * Finds the problems of relations.
 *
 * @param tables use by name: `own` tables are also read and updated, `stream` tables are only inserted into
 * @returns by name; relations that do not exist or have no problem are left out
 */
export async function relationProblems(
  client: pg.Client,
  tables: ReadonlyMap<string, "own" | "stream">,
): Promise<Map<string, RelationProblem>> {
  const { rows } = await client.query<Relation>(RELATIONS_SQL, [[...tables.keys()]]);
  return new Map(rows.flatMap((relation) => {
    const problem = problemOf(relation, tables.get(relation.table)!);
    return problem === undefined ? [] : [[relation.table, problem] as const];
  }));
}

/** Kinds of relations that are neither tables nor views, by `relkind`. */
const OTHER_KINDS: Readonly<Record<string, string>> = {
  c: "a composite type",
  f: "a foreign table: its rows are not committed in one transaction with the progress",
  i: "an index",
  I: "an index",
  m: "a materialized view, which does not accept rows",
  S: "a sequence",
};

/** The problem of a relation; `undefined`: none. */
export function problemOf(relation: Relation, use: "own" | "stream"): RelationProblem | undefined {
  const { table, kind, persistence } = relation;
  const rename =
    `Rename it (ALTER TABLE ${table} RENAME TO …) and restart the consumer, which creates a table.`;
  if (kind === "v" && use === "own") return { what: "is a view, but must be a table", remedy: rename };
  if (kind === "v") {
    return relation.hasInsertTrigger ? undefined : {
      what: "is a view without an INSTEAD OF INSERT trigger, which COPY needs",
      remedy:
        `Create one (CREATE TRIGGER … INSTEAD OF INSERT ON ${table} FOR EACH ROW …), or replace the view by a table.`,
    };
  }
  if (kind !== "r" && kind !== "p") {
    return { what: `is ${OTHER_KINDS[kind] ?? "not a table"}`, remedy: rename };
  }
  if (relation.hasForeignPartition) {
    return {
      what:
        "has a partition that is a foreign table: its rows are not committed in one transaction with the progress",
      remedy: "Detach the partition, or replace it by a local one.",
    };
  }
  if (relation.hasRowSecurity) {
    return {
      what: "has row-level security that applies to this account, which COPY does not support",
      remedy:
        `Use the table's owner as PGUSER, or grant the account BYPASSRLS. Or ALTER TABLE ${table} DISABLE ROW LEVEL SECURITY.`,
    };
  }
  if (relation.hasInsertRule) {
    return {
      what: "has a rule for INSERT, which COPY does not apply",
      remedy: `Replace the rule by a trigger, or drop it: DROP RULE … ON ${table}.`,
    };
  }
  if (persistence === "p") return undefined;
  return {
    what: persistence === "u"
      ? "is UNLOGGED: after a crash PostgreSQL truncates it, but the progress is kept"
      : "is temporary: its rows are deleted at the end of the session",
    remedy: persistence === "u" ? `ALTER TABLE ${table} SET LOGGED.` : rename,
  };
}
