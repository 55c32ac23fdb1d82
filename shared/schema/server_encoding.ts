/**
 * Finds out which characters a database can store.
 *
 * @module
 */
import type pg from "pg";
import { codeOf } from "../errors.ts";
import { withSavepoint } from "../postgres/session.ts";
import type { CharacterSet } from "../types/character_set.ts";

/** SQLSTATE untranslatable_character. */
const UNTRANSLATABLE = "22P05";
/** SQLSTATE character_not_in_repertoire: the byte is no character of the encoding. */
const NOT_IN_REPERTOIRE = "22021";

/** Server encodings of one byte per character. The others are multibyte, and their characters are left to the server's check. */
const SINGLE_BYTE = /^(?:LATIN\d+|ISO_8859_\d|WIN\d+|KOI8[RU])$/;

/** By encoding: characters of an encoding never change. */
const known = new Map<string, CharacterSet>();

/** The characters of the bytes from `from` to `to` (exclusive); bytes without a character are left out. */
async function charactersOf(
  client: pg.Client,
  encoding: string,
  from: number,
  to: number,
): Promise<string[]> {
  const bytes = Array.from({ length: to - from }, (_, i) => (from + i).toString(16)).join("");
  try {
    const { rows: [row] } = await withSavepoint(
      client,
      () =>
        client.query<{ text: string }>("SELECT convert_from(decode($1, 'hex'), $2) AS text", [
          bytes,
          encoding,
        ]),
    );
    return [...row!.text];
  } catch (error) {
    if (![UNTRANSLATABLE, NOT_IN_REPERTOIRE].includes(codeOf(error) ?? "")) throw error;
    if (to - from === 1) return [];
    const middle = (from + to) >> 1;
    return [
      ...await charactersOf(client, encoding, from, middle),
      ...await charactersOf(client, encoding, middle, to),
    ];
  }
}

/**
 * Reads the characters of the database's encoding, in the current transaction.
 *
 * @returns `undefined`: all characters (UTF-8)
 */
export async function readCharacterSet(client: pg.Client): Promise<CharacterSet | undefined> {
  const { rows: [row] } = await client.query<{ encoding: string }>(
    "SELECT current_setting('server_encoding') AS encoding",
  );
  const { encoding } = row!;
  if (encoding === "UTF8") return undefined;
  const found = known.get(encoding);
  if (found) return found;
  const set: CharacterSet = {
    encoding,
    countsBytes: encoding === "SQL_ASCII",
    ...SINGLE_BYTE.test(encoding) &&
      { characters: new Set(await charactersOf(client, encoding, 0x80, 0x100)) },
  };
  known.set(encoding, set);
  return set;
}
