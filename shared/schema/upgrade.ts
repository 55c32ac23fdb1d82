/**
 * Upgrades the pipeline's own tables in place.
 *
 * @module
 */
import type pg from "pg";
import { codeOf, messageOf } from "../errors.ts";
import { withSavepoint } from "../postgres/session.ts";
import { addColumnsSql, OWN_TABLES, type OwnTable } from "./tables.ts";

/**
 * SQLSTATEs of an `ALTER TABLE` that the account is not allowed to run (insufficient_privilege), or that does not apply because the
 * name belongs to a view or another kind of relation (wrong_object_type).
 */
const NOT_ALTERABLE = ["42501", "42809"];

/** What an upgrade did, one sentence each. */
export interface Upgrade {
  /** Columns that were added. */
  readonly added: readonly string[];
  /** Tables that stay as they are, with the statement that upgrades them. */
  readonly warnings: readonly string[];
}

/**
 * Adds the columns of this version to tables of previous versions. The table must exist. `ALTER TABLE` runs only if a column is
 * missing, since it waits for all transactions on the table. Runs in the transaction in hand.
 *
 * @throws {Error} pg's, except if the account is not allowed to alter the table: that is a warning, and everything else works
 */
export async function upgradeTables(
  client: pg.Client,
  tables: readonly OwnTable[] = OWN_TABLES,
): Promise<Upgrade> {
  const added: string[] = [], warnings: string[] = [];
  for (const table of tables) {
    const missing = await missingColumns(client, table);
    if (missing.length === 0) continue;
    try {
      await withSavepoint(client, () => client.query(addColumnsSql(table)));
      added.push(...missing.map((column) => `column ${column} of table ${table.name}`));
    } catch (error) {
      if (!NOT_ALTERABLE.includes(codeOf(error) ?? "")) throw error;
      warnings.push(upgradeWarning(table, missing, messageOf(error)));
    }
  }
  return { added, warnings };
}

/** The columns of this version that a table lacks. */
export async function missingColumns(client: pg.Client, table: OwnTable): Promise<string[]> {
  if (table.addedColumns.length === 0) return [];
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.name FROM unnest($2::text[]) AS c (name) WHERE NOT EXISTS (
       SELECT FROM pg_attribute WHERE attrelid = to_regclass(quote_ident($1)) AND attname = c.name AND NOT attisdropped)`,
    [table.name, table.addedColumns.map(({ name }) => name)],
  );
  return rows.map(({ name }) => name);
}

/** The warning that a table is not upgraded. */
export const upgradeWarning = (table: OwnTable, missing: readonly string[], reason: string): string =>
  `The table ${table.name} has no column ${missing.join(", ")}: ${reason}. ` +
  `${MISSING_COLUMN_EFFECT[missing[0]!] ?? "The consumer works as the previous version did"}. ` +
  `To upgrade it, run as its owner, then restart the consumer: ${addColumnsSql(table)};`;

/** What does not work without a column. */
const MISSING_COLUMN_EFFECT: Readonly<Record<string, string>> = {
  topic_id:
    "Without it, a topic that was deleted and recreated is detected only if it ends before the stored offset",
};
