/**
 * Finds duplicate names, which JSON.parse does not report. Reads every character once: a backtracking regular expression could take
 * hours on malicious input.
 *
 * @module
 */

const QUOTE = 0x22, COLON = 0x3a, BACKSLASH = 0x5c;
const isOpening = (code: number) => code === 0x7b || code === 0x5b;
const isClosing = (code: number) => code === 0x7d || code === 0x5d;
const isSpace = (code: number) => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;

/** Index after the string that begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH) i++;
    else if (code === QUOTE) return i + 1;
  }
  return text.length;
}

/**
 * The first name that occurs twice in the outermost object of a JSON text. RFC 8259, section 4: the behavior of software that receives
 * such an object is unpredictable, so the record is rejected.
 *
 * @param text valid JSON
 */
export function findDuplicateName(text: string): string | undefined {
  const names = new Set<string>();
  let depth = 0;
  for (let i = 0; i < text.length;) {
    const code = text.charCodeAt(i);
    if (code !== QUOTE) {
      if (isOpening(code)) depth++;
      else if (isClosing(code)) depth--;
      i++;
      continue;
    }
    const end = endOfString(text, i);
    if (depth === 1) {
      let next = end;
      while (isSpace(text.charCodeAt(next))) next++;
      if (text.charCodeAt(next) === COLON) {
        const name: string = JSON.parse(text.slice(i, end));
        if (names.has(name)) return name;
        names.add(name);
      }
    }
    i = end;
  }
  return undefined;
}
