/**
 * PostgreSQL's COPY of the same rows from a file on the server: the upper limit for a consumer.
 *
 * @module
 */
import type pg from "pg";
import { loadAverage } from "./program.ts";
import { fastest } from "./runs.ts";
import type { Bench } from "./servers.ts";

/** Measurements of one COPY. */
export interface CopyRun {
  readonly rows: number;
  readonly seconds: number;
  /** CPU time of the server process, from `log_statement_stats`. */
  readonly cpuSeconds: number;
  /** {@link loadAverage} before the run. */
  readonly load: number;
}

/** The fastest run of each format. */
export interface CopyBaselines {
  readonly binary: CopyRun;
  readonly text: CopyRun;
}

/**
 * Copies the rows of a table into another table, `runs` times in each format.
 *
 * @returns `undefined` if the role is not allowed to read and write files on the server, as with hosted PostgreSQL
 */
export async function measureCopyBaselines(
  { client, log }: Bench,
  runs: number,
  table = "routes_table",
): Promise<CopyBaselines | undefined> {
  await client.query(`CREATE TABLE copied (LIKE ${table})`);
  try {
    await client.query("SET log_statement_stats = on; SET client_min_messages = log");
    return {
      binary: await measureCopy(client, table, "binary", runs),
      text: await measureCopy(client, table, "text", runs),
    };
  } catch (error) {
    if ((error as { code?: string }).code !== "42501") throw error;
    log("COPY baselines skipped: the role is not allowed to COPY from files on the server");
    return undefined;
  } finally {
    await client.query("RESET log_statement_stats; RESET client_min_messages; DROP TABLE copied").catch(
      () => {},
    );
  }
}

async function measureCopy(
  client: pg.Client,
  table: string,
  format: "binary" | "text",
  runs: number,
): Promise<CopyRun> {
  const { rows: [row] } = await client.query<{ folder: string }>(
    "SELECT current_setting('data_directory') AS folder",
  );
  const file = client.escapeLiteral(`${row!.folder}/bench.${format}`);
  const { rowCount } = await client.query(`COPY ${table} TO ${file} (FORMAT ${format})`);
  const results: CopyRun[] = [];
  for (let run = 0; run < runs; run++) {
    const load = loadAverage();
    await client.query("TRUNCATE copied");
    results.push({
      rows: rowCount!,
      load,
      ...await queryWithStatistics(client, `COPY copied FROM ${file} (FORMAT ${format})`),
    });
  }
  // SQL cannot delete a file, but truncate it.
  await client.query(`COPY (SELECT WHERE false) TO ${file}`);
  return fastest(results, ({ seconds }) => seconds);
}

/** Runs a statement. PostgreSQL sends the statistics as a notice. */
async function queryWithStatistics(
  client: pg.Client,
  sql: string,
): Promise<Pick<CopyRun, "seconds" | "cpuSeconds">> {
  let detail = "";
  const onNotice = (notice: { detail?: string | undefined }) => detail += notice.detail ?? "";
  client.on("notice", onNotice);
  try {
    await client.query(sql);
  } finally {
    client.off("notice", onNotice);
  }
  const [, user, system, elapsed] = /([\d.]+) s user, ([\d.]+) s system, ([\d.]+) s elapsed/.exec(detail) ??
    [];
  if (elapsed === undefined) throw new Error(`PostgreSQL did not report the duration of a statement: ${sql}`);
  return { seconds: Number(elapsed), cpuSeconds: Number(user) + Number(system) };
}
