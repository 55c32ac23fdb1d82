/**
 * Text from elsewhere, made safe to print.
 *
 * @module
 */

/** Controls, invisible marks (some change the direction of writing), and separators of lines. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * A text in which no character is left that a terminal obeys or that can't be seen: they are escaped as JSON does it.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.equal(escapeUnprintable("a\x1b[2Jb"), "a\\u001b[2Jb");
 * ```
 */
export function escapeUnprintable(text: string): string {
  // Most texts are ASCII, which is found out much faster.
  if (!/[^ -~]/.test(text)) return text;
  return text.replace(UNPRINTABLE, escapeUnits);
}

/** A text of ASCII characters only, as any encoding has them: the others are escaped as JSON does it. */
export const escapeNonAscii = (text: string): string => text.replace(/[^\0-\x7f]/gu, escapeUnits);

const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
