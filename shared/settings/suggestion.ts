/**
 * Suggestions for misspelled names.
 *
 * @module
 */
import { closestMatch } from "leven";

/**
 * `"Did you mean NAME?"` with the most similar name, or an empty text if none is similar.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * assert.equal(suggestion("pghots", ["PGHOST", "PGPORT"]), "Did you mean PGHOST?");
 * assert.equal(suggestion("color", ["PGHOST", "PGPORT"]), "");
 * ```
 */
export function suggestion(name: string, known: readonly string[], show = (name: string) => name): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
  const target = plain(name);
  const nearest = closestMatch(target, known.map(plain), {
    maxDistance: Math.max(target.length > 3 ? 2 : 1, Math.floor(target.length / 3)),
  });
  const found = nearest === undefined ? undefined : known.find((each) => plain(each) === nearest);
  return found === undefined ? "" : `Did you mean ${show(found)}?`;
}
