/**
 * Prepares the consumer's tables between measurements.
 *
 * @module
 */
import type pg from "pg";

/** Empties the tables where they are there, and writes out what the server still has to write, so that each run begins alike. */
export async function emptyTables(client: pg.Client): Promise<void> {
  if (await exists(client)) await client.query("TRUNCATE routes_table, rejected_records");
  await settle(client);
}

/** Has the server write out what it still has to; an account that may not ask for it goes without. */
export async function settle(client: pg.Client): Promise<void> {
  await client.query("CHECKPOINT").catch(() => {});
}

/** How many blocks the table has: its next rows, but for a few, come behind them. */
export async function tableBlocks(client: pg.Client): Promise<number> {
  if (!await exists(client)) return 0;
  const { rows: [found] } = await client.query<{ blocks: string }>(
    "SELECT pg_relation_size('routes_table') / current_setting('block_size')::int AS blocks",
  );
  return Number(found!.blocks);
}

/**
 * Puts rows into the table until it holds `rows`, and does at once what the server would do later, while something is measured: writes
 * them out, and notes that all can see them.
 */
export async function growTable(client: pg.Client, rows: number): Promise<void> {
  const { rows: [found] } = await client.query<{ count: string }>("SELECT count(*) FROM routes_table");
  const missing = rows - Number(found!.count);
  if (missing <= 0) return;
  await client.query(
    `INSERT INTO routes_table SELECT n % 1000, 1.6e9 + n, random() * 180 - 90, random() * 360 - 180
     FROM generate_series(1, $1::bigint) AS n`,
    [missing],
  );
  await client.query("VACUUM (ANALYZE) routes_table");
  await settle(client);
}

async function exists(client: pg.Client): Promise<boolean> {
  const { rows: [found] } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('routes_table') IS NOT NULL AS there",
  );
  return found!.there;
}
