/**
 * What a relation must be, besides its columns, for the consumer to store into it.
 *
 * @module
 */
import type pg from "pg";

/** Why the consumer cannot store into a relation, and what to do. */
export interface RelationProblem {
  /** What it is, in a clause that follows the table's name. */
  readonly what: string;
  readonly remedy: string;
}

/** What the catalog says of a relation. */
export interface Relation {
  readonly table: string;
  /** `pg_class.relkind`. */
  readonly kind: string;
  /** It or a partition of it is UNLOGGED or temporary: u or t; else p. */
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
JOIN pg_class c ON c.oid = to_regclass(quote_ident(t.name))
CROSS JOIN LATERAL (
  SELECT array_agg(p.relpersistence) AS persistence, array_agg(p.relkind) AS kinds
  FROM pg_class p WHERE p.oid = c.oid OR c.relkind = 'p' AND p.oid IN (SELECT relid FROM pg_partition_tree(c.oid))
) AS parts`;

/**
 * Looks up what keeps the consumer from storing into relations.
 *
 * @param tables names, by whether the consumer also reads and updates the rows (its own tables) or only inserts them (streams')
 * @returns by name; a relation that is missing or fits is not in it
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
  m: "a materialized view, which takes no rows",
  S: "a sequence",
};

/** Why the consumer cannot store into a relation; `undefined`: it can. */
export function problemOf(relation: Relation, use: "own" | "stream"): RelationProblem | undefined {
  const { table, kind, persistence } = relation;
  const other = `Rename it (ALTER TABLE ${table} RENAME TO …), and have the consumer create a table.`;
  if (kind === "v" && use === "own") return { what: "is a view, and must be a table", remedy: other };
  if (kind === "v") {
    return relation.hasInsertTrigger ? undefined : {
      what: "is a view without an INSTEAD OF INSERT trigger, which COPY needs",
      remedy:
        `Create one (CREATE TRIGGER … INSTEAD OF INSERT ON ${table} FOR EACH ROW …). Or have a table of this name.`,
    };
  }
  if (kind !== "r" && kind !== "p") {
    return { what: `is ${OTHER_KINDS[kind] ?? "no table"}`, remedy: other };
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
      ? "is UNLOGGED: after a crash PostgreSQL empties it, while the progress says that its rows are stored"
      : "is temporary: its rows are lost with the session",
    remedy: persistence === "u" ? `ALTER TABLE ${table} SET LOGGED.` : other,
  };
}
