/**
 * The statements that read rows. Each reads a bounded number of blocks, however large the table is.
 *
 * @module
 */
import pg from "pg";
import type { Row } from "../protocol.ts";
import type { Stream } from "../../shared/stream.ts";

const identifier = pg.escapeIdentifier;
const columnsOf = ({ fields }: Stream) => fields.map(({ column }) => identifier(column)).join(", ");

/** Where a table is, and where its end. */
export interface TableExtent {
  /** Changes when the table is truncated, rewritten or made again; `undefined`: there is no such table. */
  readonly file: string | undefined;
  readonly blocks: number;
  /** Rows, as the statistics estimate them. */
  readonly rows: number;
}

/** What the transaction sees: a snapshot as text, and the id that the next transaction will get at least. */
export interface TransactionSnapshot {
  readonly snapshot: string;
  readonly next: string;
}

/** The snapshot of the transaction in hand. */
export async function currentSnapshot(client: pg.Client): Promise<TransactionSnapshot> {
  const { rows } = await client.query<TransactionSnapshot>(
    "SELECT s::text AS snapshot, pg_snapshot_xmax(s)::text AS next FROM pg_current_snapshot() AS s",
  );
  return rows[0]!;
}

/** Size and identity of the streams' tables, in their order. */
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
 * A block at a time, by `LATERAL` with a `LIMIT`: it keeps the planner from joining the blocks with the whole table, and makes it
 * choose a TID range scan for each.
 */
const fromBlocks = (stream: Stream, condition: string) =>
  `SELECT r.* FROM unnest($1::bigint[]) AS b (block) CROSS JOIN LATERAL (
     SELECT ${columnsOf(stream)} FROM ${identifier(stream.table)} AS t
     WHERE t.ctid >= format('(%s,0)', b.block)::tid AND t.ctid < format('(%s,0)', b.block + 1)::tid ${condition}
     LIMIT $2
   ) AS r`;

/** Rows of some blocks, at most `each` of a block. */
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
  return rows.filter(isWhole);
}

/**
 * The same, but only rows that have become visible after `last` was taken. Exact, whatever the order in which transactions wrote
 * and committed, and without keeping in mind what was read before.
 *
 * A row says in 32 bits which transaction wrote it; the upper ones are those of `now`, or one less.
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
    values: [blocks, each, last.snapshot, now.next],
    rowMode: "array",
  });
  return rows.filter(isWhole);
}

/** A user's rows in the blocks from `from` on, at most `most`. */
export async function fetchUserRows(
  client: pg.Client,
  stream: Stream,
  user: number,
  from: number,
  most: number,
): Promise<Row[]> {
  const { rows } = await client.query<number[]>({
    text: `SELECT ${columnsOf(stream)} FROM ${identifier(stream.table)} AS t
      WHERE t.ctid >= format('(%s,0)', $1::bigint)::tid AND ${
      identifier(stream.fields[0]!.column)
    } = $2 LIMIT $3`,
    values: [from, user, most],
    rowMode: "array",
  });
  return rows.filter(isWhole);
}

/** A table of others may hold NULL, NaN or infinity; there is no way to show those. */
const isWhole = (row: Row) => row.every(Number.isFinite);
