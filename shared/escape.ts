/**
 * Escapes untrusted text for output.
 *
 * @module
 */

/** Control, format (including bidirectional) and line separator characters. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Escapes control, format and line separator characters as `\uXXXX`.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.equal(escapeUnprintable("a\x1b[2Jb"), "a\\u001b[2Jb");
 * ```
 */
export function escapeUnprintable(text: string): string {
  // Fast path for printable ASCII.
  if (!/[^ -~]/.test(text)) return text;
  return text.replace(UNPRINTABLE, escapeUnits);
}

/** Escapes all non-ASCII characters as `\uXXXX`, for databases with any encoding. */
export const escapeNonAscii = (text: string): string => text.replace(/[^\0-\x7f]/gu, escapeUnits);

const escapeUnits = (character: string): string =>
  Array.from(
    { length: character.length },
    (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, "0")}`,
  ).join("");
