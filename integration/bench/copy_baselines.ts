/**
 * PostgreSQL's COPY of the same rows from a file on the server: the upper limit for a consumer.
 *
 * @module
 */
import type pg from "pg";
import { loadAverage } from "./program.ts";
import { fastest } from "./runs.ts";
import type { Bench } from "./servers.ts";

/** What one COPY took. */
export interface CopyUsage {
  readonly rows: number;
  readonly seconds: number;
  /** CPU time of the server process, as PostgreSQL tells it (`log_statement_stats`). */
  readonly cpuSeconds: number;
  /** {@link loadAverage} before it. */
  readonly load: number;
}

/** COPY in both formats. */
export interface CopyLimits {
  readonly binary: CopyUsage;
  readonly text: CopyUsage;
}

/**
 * Copies the rows of `routes_table` into another table, `times` times in each format.
 *
 * @returns `undefined` if the role is not allowed to read and write the server's files, as with hosted PostgreSQL
 */
export async function copyLimits({ client, say }: Bench, times: number): Promise<CopyLimits | undefined> {
  await client.query("CREATE TABLE copied (LIKE routes_table)");
  try {
    await client.query("SET log_statement_stats = on; SET client_min_messages = log");
    return { binary: await copy(client, "binary", times), text: await copy(client, "text", times) };
  } catch (error) {
    if ((error as { code?: string }).code !== "42501") throw error;
    say("This role is not allowed to COPY from files on the server: no limit is measured.");
    return undefined;
  } finally {
    await client.query("RESET log_statement_stats; RESET client_min_messages; DROP TABLE copied").catch(
      () => {},
    );
  }
}

async function copy(client: pg.Client, format: "binary" | "text", times: number): Promise<CopyUsage> {
  const { rows: [where] } = await client.query<{ folder: string }>(
    "SELECT current_setting('data_directory') AS folder",
  );
  const file = client.escapeLiteral(`${where!.folder}/bench.${format}`);
  const { rowCount } = await client.query(`COPY routes_table TO ${file} (FORMAT ${format})`);
  const runs: CopyUsage[] = [];
  for (let n = 0; n < times; n++) {
    const load = loadAverage();
    await client.query("TRUNCATE copied");
    runs.push({
      rows: rowCount!,
      load,
      ...await timed(client, `COPY copied FROM ${file} (FORMAT ${format})`),
    });
  }
  // SQL cannot delete a file, but truncate it.
  await client.query(`COPY (SELECT WHERE false) TO ${file}`);
  return fastest(runs, ({ seconds }) => seconds);
}

/** Runs a statement; PostgreSQL sends what it took as a notice. */
async function timed(client: pg.Client, sql: string): Promise<Omit<CopyUsage, "rows" | "load">> {
  let detail = "";
  const listen = (notice: { detail?: string | undefined }) => detail += notice.detail ?? "";
  client.on("notice", listen);
  try {
    await client.query(sql);
  } finally {
    client.off("notice", listen);
  }
  const [, user, system, elapsed] = /([\d.]+) s user, ([\d.]+) s system, ([\d.]+) s elapsed/.exec(detail) ??
    [];
  if (elapsed === undefined) throw new Error(`PostgreSQL did not report the duration of a statement: ${sql}`);
  return { seconds: Number(elapsed), cpuSeconds: Number(user) + Number(system) };
}
