/**
 * Replaces the text between two marks, each of which is a line that ends with a line feed.
 *
 * @throws {Error} if a mark is missing
 * @example
 * ```ts
 * import assert from "assert";
 * assert.equal(replaceBetween("1\n# begin\n2\n# end\n3", "# begin\n", "# end\n", "new\n"), "1\n# begin\nnew\n# end\n3");
 * ```
 */
export function replaceBetween(text: string, begin: string, end: string, content: string): string {
  const from = text.indexOf(begin) + begin.length, to = text.indexOf(end, from);
  if (from < begin.length || to < 0) {
    throw new Error(`The marks "${begin.trim()}" and "${end.trim()}" are missing.`);
  }
  return text.slice(0, from) + content + text.slice(to);
}
