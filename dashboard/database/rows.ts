/**
 * Queries of rows. Each reads a bounded number of blocks, regardless of the size of the table.
 *
 * @module
 */
import pg from "pg";
import type { Row } from "../protocol.ts";
import type { Stream } from "../../shared/stream.ts";

const identifier = pg.escapeIdentifier;
const columnsOf = ({ fields }: Stream) => fields.map(({ column }) => identifier(column)).join(", ");

export interface TableExtent {
  /** Changes when the table is truncated, rewritten or recreated; `undefined`: the table does not exist. */
  readonly file: string | undefined;
  readonly blocks: number;
  /** Number of rows, as estimated by the statistics. */
  readonly rows: number;
}

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

/** Size and identity of the streams' tables, in the order of `streams`. */
export async function fetchTableExtents(
  client: pg.Client,
  streams: readonly Stream[],
): Promise<TableExtent[]> {
  const { rows } = await client.query<{ file: string | null; blocks: string | null; rows: number | null }>(
    `SELECT pg_relation_filenode(c.oid)::text AS file,
       pg_relation_size(c.oid) / current_setting('block_size')::int AS blocks,
       greatest(c.reltuples, s.n_live_tup, 0)::float8 AS rows
     FROM unnest($1::text[]) WITH ORDINALITY AS t (name, i)
     LEFT JOIN pg_class c ON c.oid = to_regclass(quote_ident(t.name))
     LEFT JOIN pg_stat_user_tables s ON s.relid = c.oid
     ORDER BY t.i`,
    [streams.map(({ table }) => table)],
  );
  return rows.map(({ file, blocks, rows }) => ({
    file: file ?? undefined,
    blocks: Number(blocks ?? 0),
    rows: rows ?? 0,
  }));
}

/**
 * `LATERAL` with a `LIMIT` prevents the planner from joining the blocks with the whole table: it chooses a TID range scan per
 * block.
 */
const fromBlocks = (stream: Stream, condition: string) =>
  `SELECT r.* FROM unnest($1::bigint[]) AS b (block) CROSS JOIN LATERAL (
     SELECT ${columnsOf(stream)} FROM ${identifier(stream.table)} AS t
     WHERE t.ctid >= format('(%s,0)', b.block)::tid AND t.ctid < format('(%s,0)', b.block + 1)::tid ${condition}
     LIMIT $2
   ) AS r`;

/** Reads rows of blocks, at most `each` per block. */
export async function fetchRows(
  client: pg.Client,
  stream: Stream,
  blocks: readonly number[],
  each: number,
): Promise<Row[]> {
  if (blocks.length === 0) return [];
  const { rows } = await client.query<number[]>({
    text: fromBlocks(stream, ""),
    values: [blocks, each],
    rowMode: "array",
  });
  return rows.filter(hasFiniteValues);
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
  blocks: readonly number[],
  each: number,
  last: TransactionSnapshot,
  now: TransactionSnapshot,
): Promise<Row[]> {
  if (blocks.length === 0) return [];
  const xid = "($4::bigint - (($4::bigint - t.xmin::text::bigint) & 4294967295))";
  const { rows } = await client.query<number[]>({
    text: fromBlocks(
      stream,
      `AND NOT pg_visible_in_snapshot(greatest(${xid}, 3)::text::xid8, $3::pg_snapshot)`,
    ),
    values: [blocks, each, last.snapshot, now.xmax],
    rowMode: "array",
  });
  return rows.filter(hasFiniteValues);
}

/** Reads at most `limit` rows of a user in the blocks from `from` on. */
export async function fetchUserRows(
  client: pg.Client,
  stream: Stream,
  user: number,
  from: number,
  limit: number,
): Promise<Row[]> {
  const { rows } = await client.query<number[]>({
    text: `SELECT ${columnsOf(stream)} FROM ${identifier(stream.table)} AS t
      WHERE t.ctid >= format('(%s,0)', $1::bigint)::tid AND ${
      identifier(stream.fields[0]!.column)
    } = $2 LIMIT $3`,
    values: [from, user, limit],
    rowMode: "array",
  });
  return rows.filter(hasFiniteValues);
}

/** Tables of other programs may contain NULL, NaN or infinity, which cannot be shown. */
const hasFiniteValues = (row: Row) => row.every(Number.isFinite);
