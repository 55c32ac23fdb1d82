/**
 * Checks whether the consumer can upsert into a stream's table.
 *
 * @module
 */
import pg from "pg";
import type { Stream } from "../stream.ts";
import { metadataColumn, upsertMode } from "../upsert_stream.ts";
import type { RelationProblem } from "./relation_problems.ts";

/** Properties of a table in the catalog. */
export interface UpsertRelation {
  readonly table: string;
  readonly isPartitioned: boolean;
  /** A unique index on exactly the key columns, which ON CONFLICT can use. */
  readonly hasIndex: boolean;
  /** A deferrable constraint on exactly the key columns, which ON CONFLICT does not accept. */
  readonly hasDeferrable: boolean;
  /** Columns of the partition key that are not in the stream's key. */
  readonly partitionKey: readonly string[];
  /** Types of the columns of the record's position; null: missing. */
  readonly partitionType: string | null;
  readonly offsetType: string | null;
}

const RELATIONS_SQL = `SELECT s."table", c.relkind = 'p' AS "isPartitioned",
  coalesce(indexes.usable, false) AS "hasIndex", coalesce(indexes.deferrable, false) AS "hasDeferrable",
  ARRAY(SELECT a.attname::text FROM pg_partitioned_table p, unnest(p.partattrs::int2[]) AS k (attnum)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
    WHERE p.partrelid = c.oid AND a.attname <> ALL (s.key)) AS "partitionKey",
  (SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = c.oid AND attname = s.partition AND NOT attisdropped)
    AS "partitionType",
  (SELECT format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = c.oid AND attname = s."offset" AND NOT attisdropped)
    AS "offsetType"
FROM (SELECT e ->> 'table', ARRAY(SELECT jsonb_array_elements_text(e -> 'key')), e ->> 'partition', e ->> 'offset'
  FROM jsonb_array_elements($1::jsonb) AS e) AS s ("table", key, partition, "offset")
JOIN pg_class c ON c.oid = to_regclass(s."table")
CROSS JOIN LATERAL (
  SELECT bool_or(i.indisvalid AND i.indimmediate) AS usable, bool_or(NOT i.indimmediate) AS deferrable
  FROM pg_index i, LATERAL (
    SELECT array_agg(a.attname::text) AS names FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, n)
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum WHERE k.n <= i.indnkeyatts
  ) AS indexed
  WHERE i.indrelid = c.oid AND i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL
    AND indexed.names @> s.key AND indexed.names <@ s.key
) AS indexes`;

/**
 * Finds what prevents the consumer from upserting into its tables, other than the properties of all tables.
 *
 * @returns by table name; tables that do not exist are left out
 */
export async function upsertProblems(
  client: pg.Client,
  streams: readonly Stream[],
): Promise<Map<string, RelationProblem>> {
  const upserts = streams.filter((stream) => upsertMode(stream));
  if (upserts.length === 0) return new Map();
  const parameters = upserts.map((stream) => ({
    table: stream.table,
    key: upsertMode(stream)!.key,
    partition: metadataColumn(stream, "partition"),
    offset: metadataColumn(stream, "offset"),
  }));
  const { rows } = await client.query<UpsertRelation>(RELATIONS_SQL, [JSON.stringify(parameters)]);
  const { rows: [session] } = await client.query<{ database: string; account: string; may: boolean }>(
    `SELECT current_database() AS database, current_user AS account, has_database_privilege(current_database(), 'TEMP') AS may`,
  );
  return new Map(rows.flatMap((relation) => {
    const stream = upserts.find(({ table }) => table === relation.table)!;
    const problem = problemOf(relation, stream) ?? (session!.may ? undefined : {
      what: "needs a temporary table for upserts, which this account is not allowed to create",
      remedy: `GRANT TEMPORARY ON DATABASE ${pg.escapeIdentifier(session!.database)} TO ${
        pg.escapeIdentifier(session!.account)
      };`,
    });
    return problem === undefined ? [] : [[relation.table, problem] as const];
  }));
}

/** The problem of a table; `undefined`: none. */
export function problemOf(relation: UpsertRelation, stream: Stream): RelationProblem | undefined {
  const { table } = stream;
  const { key } = upsertMode(stream)!;
  const columns = key.map((name) => pg.escapeIdentifier(name)).join(", ");
  const [partition, offset] = [metadataColumn(stream, "partition")!, metadataColumn(stream, "offset")!];
  const missing = [
    ...relation.partitionType === null ? [`ADD COLUMN ${pg.escapeIdentifier(partition)} integer`] : [],
    ...relation.offsetType === null ? [`ADD COLUMN ${pg.escapeIdentifier(offset)} bigint`] : [],
  ];
  if (missing.length > 0) {
    return {
      what: `lacks columns for the partition and the offset of a row's record, ${partition} and ${offset}`,
      remedy:
        `Name the table's own ones in the columns of stream ${stream.name}, or run: ALTER TABLE ${table} ${
          missing.join(", ")
        };`,
    };
  }
  if (!["smallint", "integer", "bigint"].includes(relation.partitionType!)) {
    return {
      what: `stores the partition in column ${partition} of type ${relation.partitionType}, expected integer`,
      remedy: `ALTER TABLE ${table} ALTER COLUMN ${pg.escapeIdentifier(partition)} TYPE integer;`,
    };
  }
  if (relation.offsetType !== "bigint") {
    return {
      what: `stores the offset in column ${offset} of type ${relation.offsetType}, expected bigint`,
      remedy: `ALTER TABLE ${table} ALTER COLUMN ${pg.escapeIdentifier(offset)} TYPE bigint;`,
    };
  }
  if (relation.hasDeferrable) {
    return {
      what: `has a deferrable unique constraint on (${columns}), which ON CONFLICT does not support`,
      remedy: "Replace it by one that is not deferrable.",
    };
  }
  if (relation.hasIndex) return undefined;
  if (relation.partitionKey.length > 0) {
    const names = relation.partitionKey.join(", ");
    return {
      what: `is partitioned by ${names}, which is not part of the key of stream ${stream.name} (${columns})`,
      remedy: `Add ${names} to the stream's key, or partition the table by columns of the key.`,
    };
  }
  return {
    what:
      `has no unique index on exactly the key columns of stream ${stream.name} (${columns}) that is valid and neither partial nor ` +
      "deferrable",
    remedy: `CREATE UNIQUE INDEX ${relation.isPartitioned ? "" : "CONCURRENTLY "}ON ${table} (${columns});`,
  };
}
