/**
 * Prepares the consumer's tables between measurements.
 *
 * @module
 */
import type pg from "pg";

const ROUTES = "routes_table";

/** Empties the tables, if they exist, and runs a checkpoint, so that all runs start in the same state. */
export async function emptyTables(client: pg.Client, table = ROUTES): Promise<void> {
  if (await hasTable(client, table)) await client.query(`TRUNCATE ${table}, rejected_records`);
  await checkpoint(client);
}

/** Runs a checkpoint if the role is allowed to. */
export async function checkpoint(client: pg.Client): Promise<void> {
  await client.query("CHECKPOINT").catch(() => {});
}

/** Returns the number of blocks of the table. Most rows that are inserted later are in subsequent blocks. */
export async function tableBlocks(client: pg.Client, table = ROUTES): Promise<number> {
  if (!await hasTable(client, table)) return 0;
  const { rows: [row] } = await client.query<{ blocks: string }>(
    "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int AS blocks",
    [table],
  );
  return Number(row!.blocks);
}

/**
 * Inserts rows until the table has `rows`. VACUUM and CHECKPOINT do the work that PostgreSQL would otherwise do in the background during
 * the measurement.
 */
export async function growTable(client: pg.Client, rows: number): Promise<void> {
  const { rows: [row] } = await client.query<{ count: string }>("SELECT count(*) FROM routes_table");
  const missing = rows - Number(row!.count);
  if (missing <= 0) return;
  await client.query(
    `INSERT INTO routes_table SELECT n % 1000, 1.6e9 + n, random() * 180 - 90, random() * 360 - 180
     FROM generate_series(1, $1::bigint) AS n`,
    [missing],
  );
  await client.query("VACUUM (ANALYZE) routes_table");
  await checkpoint(client);
}

async function hasTable(client: pg.Client, table: string): Promise<boolean> {
  const { rows: [row] } = await client.query<{ exists: boolean }>(
    "SELECT to_regclass($1) IS NOT NULL AS exists",
    [table],
  );
  return row!.exists;
}
