/**
 * The version of the schema of the pipeline's own tables.
 *
 * The version is stored in the comment of `consumer_progress`, as `schema version 3, compatible with 1`, after any text that an operator
 * has put there. A comment needs no table of its own with its own privileges, survives dump and restore, and is ignored by versions of
 * the program that do not know it. Tables without one were created by such a version, or by an account that does not own them; their
 * version follows from their columns (see `upgrade_tables.ts`).
 *
 * Two numbers, because most changes only add nullable columns: consumers of both versions then share the tables. A change that previous
 * versions must not survive raises the second number, too.
 *
 * @module
 */
import type pg from "pg";
import { CONSUMER_PROGRESS } from "./own_tables.ts";

/** A version of the schema. */
export interface SchemaVersion {
  readonly version: number;
  /** The lowest version whose programs can use the tables. */
  readonly compatibleWith: number;
}

/** The version of this program: 1 had no `topic_id`, 2 no metadata of rejected records. Raise it with every change of {@link OWN_TABLES}. */
export const SCHEMA_VERSION: SchemaVersion = { version: 3, compatibleWith: 1 };

const VERSION_PATTERN = /\s*schema version (\d+), compatible with (\d+)/;

/** The version in a comment; `undefined` if it contains none. */
export function parseSchemaVersion(comment: string | null): SchemaVersion | undefined {
  const [, version, compatibleWith] = VERSION_PATTERN.exec(comment ?? "") ?? [];
  return version === undefined
    ? undefined
    : { version: Number(version), compatibleWith: Number(compatibleWith) };
}

/** A comment with its version replaced by this program's, or with this program's appended. */
export const withSchemaVersion = (comment: string | null): string =>
  `${
    (comment ?? "").replace(VERSION_PATTERN, "")
  } schema version ${SCHEMA_VERSION.version}, compatible with ${SCHEMA_VERSION.compatibleWith}`
    .trim();

/** Reads the comment of `consumer_progress`; null: it has none, or the table does not exist. */
export async function readSchemaComment(client: pg.Client): Promise<string | null> {
  const { rows: [row] } = await client.query<{ comment: string | null }>(
    "SELECT obj_description(to_regclass($1), 'pg_class') AS comment",
    [CONSUMER_PROGRESS.name],
  );
  return row?.comment ?? null;
}

/** Why this program cannot use tables of a newer version; `undefined`: it can. */
export function incompatibleVersion(found: SchemaVersion | undefined): string | undefined {
  if (found === undefined || found.compatibleWith <= SCHEMA_VERSION.version) return undefined;
  return `has schema version ${found.version}, which programs of schema version ${SCHEMA_VERSION.version} cannot use`;
}

/** The warning about tables of a newer version that this program can use; `undefined`: they are not newer. */
export function newerVersionWarning(found: SchemaVersion | undefined): string | undefined {
  if (found === undefined || found.version <= SCHEMA_VERSION.version) return undefined;
  return `The tables have schema version ${found.version}, and this program's is ${SCHEMA_VERSION.version}. They are compatible. ` +
    "Upgrade this program to the version of the group's other consumers.";
}
