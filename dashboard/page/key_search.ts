/**
 * The search for a key: how its text is read, and the texts of the result.
 *
 * @module
 */
import type { KeyRows, StreamInfo } from "../protocol.ts";
import { formatCount, keyNoun, plural } from "./format.ts";

const UUID = /^\{?[\da-f]{8}-?([\da-f]{4}-?){3}[\da-f]{12}\}?$/i;
const BOOLEANS: Readonly<Record<string, string>> = {
  true: "true",
  t: "true",
  false: "false",
  f: "false",
};

/** How the text of a key is read, by kinds of types: PostgreSQL's text of the value; `undefined`: it is none. */
const READERS:
  readonly (readonly [type: RegExp, kind: string, read: (text: string) => string | undefined])[] = [
    [
      /^(?:smallint|integer|int|bigint)$/i,
      "an integer",
      (text) => /^[+-]?\d+$/.test(text) ? `${BigInt(text.replace("+", ""))}` : undefined,
    ],
    [
      /^(?:real|double precision|numeric|decimal)\b/i,
      "a number",
      (text) => Number.isFinite(Number(text)) ? text : undefined,
    ],
    [/^uuid$/i, "a UUID", (text) => UUID.test(text) ? formatUuid(text) : undefined],
    [/^boolean$/i, "true or false", (text) => BOOLEANS[text.toLowerCase()]],
    [/^date$/i, "a date such as 2026-12-31", (text) => /^\d{4,}-\d\d-\d\d$/.test(text) ? text : undefined],
  ];

const formatUuid = (text: string) =>
  text.toLowerCase().replace(/[^\da-f]/g, "").replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");

/** The key that a text names, as PostgreSQL writes it, or why it is none. */
export function readKey(
  text: string,
  { key, keyType = "text", table }: Pick<StreamInfo, "key" | "keyType" | "table">,
): { key: string } | { problem: string } {
  const [, kind, read] = READERS.find(([type]) => type.test(keyType)) ?? [];
  const value = read ? read(text) : text;
  if (value !== undefined) return { key: value };
  return { problem: `“${text}” is not ${kind}: ${key} of ${table} has the type ${keyType}.` };
}

/** That no rows of a key were found, and where they were searched. */
export function notFoundText(
  key: string,
  { key: column, table, name }: Pick<StreamInfo, "key" | "table" | "name">,
  { extent, searched }: Pick<KeyRows, "extent" | "searched">,
): string {
  const what = `${keyNoun(column)} ${key} has no rows`;
  if (extent === "all") return `${what} in ${table} (stream ${name}).`;
  return `${what} among the latest ${formatCount(searched)} of ${table} (stream ${name}) and a sample of ` +
    `earlier ones. Not every earlier row is searched, since the table has no index.`;
}

/** Which rows of a key are shown. */
export function extentText(count: number, extent: KeyRows["extent"] | undefined): string {
  const rows = plural(count, "row");
  if (extent === "all") return count === 1 ? "The only row" : `All ${rows}`;
  if (extent === "sample") return `${rows} of a sample`;
  return count === 1 ? "The latest row" : `The latest ${rows}`;
}
