/**
 * Upgrades the pipeline's own tables in place.
 *
 * @module
 */
import pg from "pg";
import { codeOf, messageOf } from "../errors.ts";
import { withSavepoint } from "../postgres/session.ts";
import { addColumnsSql, CONSUMER_PROGRESS, OWN_TABLES, type OwnTable } from "./own_tables.ts";
import {
  newerVersionWarning,
  parseSchemaVersion,
  readSchemaComment,
  SCHEMA_VERSION,
  withSchemaVersion,
} from "./schema_version.ts";

/**
 * SQLSTATEs of an `ALTER TABLE` or `COMMENT` that the account is not allowed to run (insufficient_privilege), or that does not apply
 * because the name belongs to a view or another kind of relation (wrong_object_type).
 */
const NOT_ALTERABLE = ["42501", "42809"];

/** Result of an upgrade, one sentence each. */
export interface Upgrade {
  /** Columns that were added. */
  readonly added: readonly string[];
  /** Tables that were not upgraded, with the statements that upgrade them; or that are newer than this program. */
  readonly warnings: readonly string[];
}

/**
 * Adds the columns of this version to tables of previous versions, and stores the schema version once no column is missing. The tables
 * must exist. `ALTER TABLE` runs only if a column is missing, since it waits for all transactions on the table. Runs in the current
 * transaction.
 *
 * @throws {Error} pg's, except if the account is not allowed to alter a table: that is a warning, and everything else works
 */
export async function upgradeTables(client: pg.Client): Promise<Upgrade> {
  const comment = await readSchemaComment(client);
  const added: string[] = [], warnings: string[] = [];
  for (const table of OWN_TABLES) {
    const missing = await missingColumns(client, table);
    if (missing.length === 0) continue;
    const failure = await alter(client, addColumnsSql(table));
    if (failure === undefined) {
      added.push(...missing.map((column) => `column ${column} of table ${table.name}`));
    } else warnings.push(upgradeWarning(table, missing, comment, failure));
  }
  const version = parseSchemaVersion(comment);
  const newer = newerVersionWarning(version);
  if (newer) warnings.push(newer);
  // Without the privilege the columns alone tell the version, which is enough for this program.
  if (warnings.length === 0 && version?.version !== SCHEMA_VERSION.version) {
    await alter(client, commentSql(comment));
  }
  return { added, warnings };
}

/** Runs a statement that only a table's owner may run. Returns why it was rejected. */
async function alter(client: pg.Client, sql: string): Promise<string | undefined> {
  try {
    await withSavepoint(client, () => client.query(sql));
    return undefined;
  } catch (error) {
    if (!NOT_ALTERABLE.includes(codeOf(error) ?? "")) throw error;
    return messageOf(error);
  }
}

/** The columns of this version that a table lacks. */
async function missingColumns(client: pg.Client, table: OwnTable): Promise<string[]> {
  if (table.addedColumns.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.name FROM unnest($2::text[]) AS c (name) WHERE NOT EXISTS (
       SELECT FROM pg_attribute WHERE attrelid = to_regclass($1) AND attname = c.name AND NOT attisdropped)`,
    [table.name, table.addedColumns.map(({ name }) => name)],
  );
  return rows.map(({ name }) => name);
}

/** Whether a table has all columns of this version. */
export const hasAddedColumns = async (client: pg.Client, table: OwnTable): Promise<boolean> =>
  (await missingColumns(client, table)).length === 0;

const commentSql = (comment: string | null) =>
  `COMMENT ON TABLE ${CONSUMER_PROGRESS.name} IS ${pg.escapeLiteral(withSchemaVersion(comment))}`;

const upgradeWarning = (
  table: OwnTable,
  missing: readonly string[],
  comment: string | null,
  reason: string,
): string =>
  `The table ${table.name} has no column ${missing.join(" and ")}: ${reason}. ` +
  `${MISSING_COLUMN_EFFECT[missing[0]!] ?? "The consumer works as the previous version did"}. ` +
  `To upgrade it, run as its owner, then restart the consumer: ${addColumnsSql(table)}; ${
    commentSql(comment)
  };`;

const REPLAY_EFFECT =
  "Without it, metadata columns for timestamps and headers are NULL in rows of replayed records";

/** What does not work without a column. */
const MISSING_COLUMN_EFFECT: Readonly<Record<string, string>> = {
  topic_id:
    "Without it, a topic that was deleted and recreated is detected only if it ends before the stored offset",
  timestamp_ms: REPLAY_EFFECT,
  headers: REPLAY_EFFECT,
};
