/**
 * Queries of rows. Each reads a bounded number of blocks, regardless of the size of the table.
 *
 * @module
 */
import type pg from "pg";
import type { Row, Value } from "../protocol.ts";
import { type Stream, UNITS_PER_SECOND } from "../../shared/stream.ts";
import { hasNumericTime, keySql, placeColumns, rowSql, streamInfo } from "../stream_info.ts";

/** A table without partitions, or one partition of a table. */
export interface Relation {
  /** Its OID. */
  readonly id: string;
  /** The name in FROM, and a condition on the rows of `t` that starts with AND. */
  readonly from: string;
  readonly condition: string;
  /** Changes when the table is truncated, rewritten or recreated. */
  readonly file: string;
  readonly blocks: number;
  /** Number of rows, as estimated by the statistics. */
  readonly rows: number;
}

/** The relations with the rows of a table; `undefined`: the table does not exist. */
export type TableExtent = readonly Relation[] | undefined;

/** A `pg_snapshot` as text, and its xmax: later transactions have this id or a higher one. */
export interface TransactionSnapshot {
  readonly snapshot: string;
  readonly xmax: string;
}

/** The snapshot of the current transaction. */
export async function currentSnapshot(client: pg.Client): Promise<TransactionSnapshot> {
  const { rows } = await client.query<TransactionSnapshot>(
    "SELECT s::text AS snapshot, pg_snapshot_xmax(s)::text AS xmax FROM pg_current_snapshot() AS s",
  );
  return rows[0]!;
}

/**
 * Size and identity of the streams' tables, in the order of `streams`.
 *
 * A partition is read directly if the role is allowed to; its row-level security is that of the partitioned table only if it is read through
 * that table.
 */
export async function fetchTableExtents(
  client: pg.Client,
  streams: readonly Stream[],
): Promise<TableExtent[]> {
  const { rows } = await client.query<{ i: number; relations: (Relation & { isDirect: boolean })[] }>(
    `SELECT t.i::int, coalesce(jsonb_agg(jsonb_build_object('id', l.oid::text, 'from', format('%I.%I', n.nspname, l.relname),
       'file', pg_relation_filenode(l.oid)::text,
       'blocks', pg_relation_size(l.oid) / current_setting('block_size')::int,
       'rows', greatest(l.reltuples, pg_stat_get_live_tuples(l.oid), 0),
       'isDirect', l.oid = c.oid OR (NOT c.relrowsecurity AND has_schema_privilege(l.relnamespace, 'USAGE')
         AND has_table_privilege(l.oid, 'SELECT'))
     ) ORDER BY l.oid) FILTER (WHERE pg_relation_filenode(l.oid) IS NOT NULL), '[]') AS relations
     FROM unnest($1::text[]) WITH ORDINALITY AS t (name, i)
     JOIN pg_class c ON c.oid = to_regclass(t.name)
     LEFT JOIN LATERAL (
       SELECT c.oid AS relid WHERE c.relkind <> 'p' UNION ALL SELECT relid FROM pg_partition_tree(c.oid) WHERE c.relkind = 'p' AND isleaf
     ) AS p ON true
     LEFT JOIN pg_class l ON l.oid = p.relid LEFT JOIN pg_namespace n ON n.oid = l.relnamespace
     GROUP BY t.i`,
    [streams.map(({ table }) => table)],
  );
  const found = new Map(rows.map(({ i, relations }) => [i - 1, relations]));
  return streams.map(({ table }, i) =>
    found.get(i)?.map(({ isDirect, ...relation }) => ({
      ...relation,
      from: isDirect ? relation.from : table,
      condition: isDirect ? "" : `AND t.tableoid = ${relation.id}`,
    }))
  );
}

/**
 * `LATERAL` with a `LIMIT` prevents the planner from joining the blocks with the whole table: it chooses a TID range scan per
 * block.
 */
const fromBlocks = (stream: Stream, relation: Relation, condition: string) =>
  `SELECT r.* FROM unnest($1::bigint[]) AS b (block) CROSS JOIN LATERAL (
     SELECT ${rowSql(stream)} FROM ${relation.from} AS t
     WHERE t.ctid >= format('(%s,0)', b.block)::tid AND t.ctid < format('(%s,0)', b.block + 1)::tid
       ${relation.condition} ${condition}
     LIMIT $2
   ) AS r`;

/** Reads rows of blocks, at most `each` per block. */
export async function fetchRows(
  client: pg.Client,
  stream: Stream,
  relation: Relation,
  blocks: readonly number[],
  each: number,
): Promise<Row[]> {
  if (blocks.length === 0) return [];
  const { rows } = await client.query<(string | null)[]>({
    text: fromBlocks(stream, relation, ""),
    values: [blocks, each],
    rowMode: "array",
  });
  return toRows(stream, rows);
}

/**
 * Reads rows of blocks that have become visible since the snapshot `last`, regardless of the order in which transactions wrote and
 * committed.
 *
 * `xmin` has only the lower 32 bits of the transaction id; the upper ones are those of `now`, or one less.
 */
export async function fetchNewRows(
  client: pg.Client,
  stream: Stream,
  relation: Relation,
  blocks: readonly number[],
  each: number,
  last: TransactionSnapshot,
  now: TransactionSnapshot,
): Promise<Row[]> {
  if (blocks.length === 0) return [];
  const xid = "($4::bigint - (($4::bigint - t.xmin::text::bigint) & 4294967295))";
  const { rows } = await client.query<(string | null)[]>({
    text: fromBlocks(
      stream,
      relation,
      // The first condition takes a thirtieth of the time of the second, and excludes almost all rows.
      `AND age(t.xmin) <= (SELECT age(pg_snapshot_xmin($3::pg_snapshot)::xid))
       AND NOT pg_visible_in_snapshot(greatest(${xid}, 3)::text::xid8, $3::pg_snapshot)`,
    ),
    values: [blocks, each, last.snapshot, now.xmax],
    rowMode: "array",
  });
  return toRows(stream, rows);
}

/** Reads the keys of all rows of a relation. */
export async function fetchKeys(client: pg.Client, stream: Stream, relation: Relation): Promise<string[]> {
  const { rows } = await client.query<{ key: string }>(
    `SELECT ${keySql(stream)} AS key FROM ${relation.from} AS t
     WHERE t.ctid < format('(%s,0)', $1::bigint)::tid ${relation.condition}`,
    [relation.blocks],
  );
  return rows.map(({ key }) => key);
}

/** Reads the last `limit` rows of a key in the blocks from `from` on. */
export async function fetchRowsOfKey(
  client: pg.Client,
  stream: Stream,
  relation: Relation,
  key: string,
  from: number,
  limit: number,
): Promise<Row[]> {
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${rowSql(stream)} FROM ${relation.from} AS t
      WHERE t.ctid >= format('(%s,0)', $1::bigint)::tid ${relation.condition} AND ${keySql(stream)} = $2
      ORDER BY t.ctid DESC LIMIT $3`,
    values: [from, key, limit],
    rowMode: "array",
  });
  return toRows(stream, rows);
}

/** Converts rows of text. Rows without a valid place are removed from streams that are shown on the map. */
function toRows(stream: Stream, rows: readonly (readonly (string | null)[])[]): Row[] {
  const { columns } = streamInfo(stream);
  const place = placeColumns(stream);
  const isNumeric = hasNumericTime(stream);
  return rows.map(([key, time, ...values]): Row => [
    key ?? "",
    isNumeric ? toSeconds(Number(time)) : finite(Number(time)),
    ...values.map((value, i) => columns[i]!.isNumber || columns[i]!.time ? toNumber(value) : value),
  ]).filter((row) => !place || place.every((index) => typeof row[index] === "number"));
}

const finite = (value: number) => Number.isFinite(value) ? value : 0;

/** Limits above which a time is in ns, µs or ms: as seconds, it would be after the year 5138. */
const UNITS = [[1e17, "ns"], [1e14, "us"], [1e11, "ms"]] as const;

/** Unix seconds of a number in seconds, ms, µs or ns since 1970; 0 if it is not finite. */
export function toSeconds(time: number): number {
  const [, unit] = UNITS.find(([limit]) => time >= limit) ?? [0, "s"] as const;
  return finite(time) / UNITS_PER_SECOND[unit];
}

/** Numbers that a double represents as PostgreSQL does; others stay text. */
function toNumber(text: string | null): Value {
  const number = Number(text);
  return text !== null && Number.isFinite(number) && isSameNumber(text, number) ? number : text;
}

/** Whether the number's text has the same digits; the formats of exponents differ. */
const isSameNumber = (text: string, number: number) => String(number) === text || text.includes("e");
