/**
 * What JSON.parse does not tell of a text: names that stand twice in the record, and how deep it is nested.
 *
 * @module
 */

/** Deepest nesting of a value that is looked at: no record needs more, and what does is made to hurt parsers. */
export const MAX_DEPTH = 100;

/**
 * The first name that stands twice in the outermost object of a JSON text. RFC 8259, section 4: the behaviour of software that
 * receives such an object is unpredictable, so it is nothing to store.
 *
 * @param text valid JSON
 */
export function duplicateName(text: string): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  for (const match of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}[\]]/g)) {
    const [token, colon] = match;
    if (token === "{" || token === "[") depth++;
    else if (token === "}" || token === "]") depth--;
    else if (depth === 1 && colon !== undefined) {
      const name: string = JSON.parse(token.slice(0, -colon.length));
      if (names.has(name)) return name;
      names.add(name);
    }
  }
  return undefined;
}

/** Whether a JSON text is nested deeper than `limit`, found before it is parsed. */
export function isDeeperThan(text: string, limit: number): boolean {
  let depth = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]]/g)) {
    if (token === "{" || token === "[") {
      if (++depth > limit) return true;
    } else if (token === "}" || token === "]") depth--;
  }
  return false;
}
