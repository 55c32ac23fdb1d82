/**
 * What exists of the pipeline's own tables. The consumer creates them.
 *
 * @module
 */
import type pg from "pg";
import { CONSUMER_PROGRESS, REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";

/** The tables that the dashboard reads besides those of the streams. */
export const PROGRESS_TABLES = [CONSUMER_PROGRESS.name, REJECTED_RECORDS.name];

export interface OwnTables {
  readonly hasProgress: boolean;
  /** Number of rows of `rejected_records`, as estimated by the statistics; null: the table does not exist. */
  readonly rejectedRows: number | null;
}

export async function readOwnTables(client: pg.Client): Promise<OwnTables> {
  const { rows: [tables] } = await client.query<OwnTables>(
    `SELECT to_regclass($1) IS NOT NULL AS "hasProgress",
       (SELECT greatest(reltuples, pg_stat_get_live_tuples(oid), 0)::float8
        FROM pg_class WHERE oid = to_regclass($2)) AS "rejectedRows"`,
    PROGRESS_TABLES,
  );
  return tables!;
}
