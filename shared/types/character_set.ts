/**
 * The characters that a database can store, if its encoding is not UTF-8.
 *
 * @module
 */

/** The characters of a server encoding. */
export interface CharacterSet {
  /** Name of the encoding, such as `LATIN1`. */
  readonly encoding: string;
  /** Characters above U+007F; `undefined`: all. */
  readonly characters?: ReadonlySet<string>;
  /** Whether `varchar(n)` counts bytes, as in SQL_ASCII databases. */
  readonly countsBytes: boolean;
}

/** Why no database can store a text. */
export const NUL = "contains \\u0000, which PostgreSQL cannot store";
export const HALF_PAIR = "contains half of a surrogate pair, which is no character";

/** @returns why the database cannot store a text; `undefined` if it can */
export function characterProblem(text: string, { encoding, characters }: CharacterSet): string | undefined {
  if (!characters) return undefined;
  for (const character of text) {
    if (character <= "\x7f" || characters.has(character)) continue;
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, "0");
    return `contains "${character}" (U+${code}), which the database's encoding ${encoding} does not have`;
  }
  return undefined;
}
