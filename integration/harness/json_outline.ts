/**
 * Returns what `JSON.parse` does not: the nesting depth of a valid JSON text, and the member names of its outermost object, including
 * duplicates.
 */
export function jsonOutline(text: string): { depth: number; names: string[] } {
  const names: string[] = [];
  let depth = 0, deepest = 0;
  for (let i = 0; i < text.length; i++) {
    const character = text[i];
    if (character === "{" || character === "[") {
      deepest = Math.max(deepest, ++depth);
    } else if (character === "}" || character === "]") {
      depth--;
    } else if (character === '"') {
      const start = i++;
      while (text[i] !== '"') i += text[i] === "\\" ? 2 : 1;
      if (depth !== 1) continue;
      let next = i + 1;
      while (text[next] === " " || text[next] === "\t" || text[next] === "\n" || text[next] === "\r") next++;
      // A string that is followed by a colon is a member name.
      if (text[next] === ":") names.push(JSON.parse(text.slice(start, i + 1)));
    }
  }
  return { depth: deepest, names };
}
