/**
 * Names of tables as in SQL.
 *
 * @see https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
 * @see https://www.postgresql.org/docs/current/sql-keywords-appendix.html
 * @module
 */
import { Buffer } from "node:buffer";

/** PostgreSQL's limit, NAMEDATALEN - 1. It truncates longer names. */
export const NAME_BYTES_MAX = 63;

/** Key words that cannot be the name of a table without quotes. */
const RESERVED = new Set(
  `all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column concurrently
constraint create cross current_catalog current_date current_role current_schema current_time current_timestamp current_user default
deferrable desc distinct do else end except false fetch for foreign freeze from full grant group having ilike in initially inner intersect
into is isnull join lateral leading left like limit localtime localtimestamp natural not notnull null offset on only or order outer overlaps
placing primary references returning right select session_user similar some symmetric system_user table tablesample then to trailing true
union unique user using variadic verbose when where window with`.split(/\s+/),
);

const PART = /"((?:[^"]|"")+)"|([\p{L}_][\p{L}\p{N}_$]*)/u;
const TABLE = new RegExp(`^(?:(${PART.source})\\.)?(${PART.source})$`, "u");

/** Columns that every table of PostgreSQL has. */
const SYSTEM_COLUMNS = new Set(["ctid", "xmin", "xmax", "cmin", "cmax", "tableoid"]);

/** Why a name cannot be that of a column. */
export const columnNameProblem = (name: string): string | undefined =>
  SYSTEM_COLUMNS.has(name) ? `PostgreSQL has a system column ${name} in every table` : nameProblem(name);

/** Why a name is too long for PostgreSQL or has a character that it does not allow. */
function nameProblem(name: string): string | undefined {
  if (name === "") return "the name is empty";
  if (name.includes("\0")) return "the name contains a NUL character";
  const bytes = Buffer.byteLength(name);
  return bytes > NAME_BYTES_MAX
    ? `the name has ${bytes} bytes, PostgreSQL allows ${NAME_BYTES_MAX}`
    : undefined;
}

/**
 * Checks the name of a table as it is used in SQL: `orders`, `sales.orders`, `"Sales"."Order Items"`.
 *
 * @returns cause and remedy; `undefined` if the name is correct
 */
export function tableNameProblem(table: string): { cause: string; remedy: string } | undefined {
  const inJson = (name: string) => JSON.stringify(`"${name.replaceAll('"', '""')}"`);
  const match = TABLE.exec(table);
  if (!match) {
    return {
      cause: `${JSON.stringify(table)} is not the name of a table in SQL`,
      remedy: `Write NAME or SCHEMA.NAME, with quotes around special characters: ${inJson("Order Items")}.`,
    };
  }
  for (const [quoted, plain] of [[match[2], match[3]], [match[5], match[6]]]) {
    const name = plain ?? quoted?.replaceAll('""', '"');
    if (name === undefined) continue;
    const cause = nameProblem(name);
    if (cause !== undefined) return { cause: `${JSON.stringify(table)}: ${cause}`, remedy: "Shorten it." };
    if (plain !== undefined && plain !== plain.toLowerCase()) {
      return {
        cause: `${
          JSON.stringify(table)
        }: without quotes, PostgreSQL folds ${plain} to ${plain.toLowerCase()}`,
        remedy: `Write ${plain.toLowerCase()}, or ${inJson(plain)} for exactly this name.`,
      };
    }
    if (plain !== undefined && RESERVED.has(plain)) {
      return {
        cause: `${JSON.stringify(table)}: ${plain} is a key word of SQL`,
        remedy: `Write ${inJson(plain)}.`,
      };
    }
  }
  return undefined;
}
