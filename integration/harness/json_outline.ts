/**
 * How deep a valid JSON text is nested, and which names its outermost object has, repeated ones too: what `JSON.parse`
 * doesn't tell.
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
      // In an outermost array no string is followed by a colon.
      if (text[next] === ":") names.push(JSON.parse(text.slice(start, i + 1)));
    }
  }
  return { depth: deepest, names };
}
