/**
 * Bytes as something that people can read: text as text, all else as hexadecimal numbers.
 *
 * @module
 */

/** Text, or one byte that is none. */
export type Piece = { readonly text: string } | { readonly byte: string };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Characters that can be seen, and the space: no controls, no invisible marks, none that change the direction of writing. */
const VISIBLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Bytes as pieces, in their order. Bytes that are not UTF-8, or nothing to see, are given one by one. */
export function readable(bytes: Uint8Array): Piece[] {
  const pieces: Piece[] = [];
  let text = "";
  const flush = () => {
    if (text !== "") pieces.push({ text });
    text = "";
  };
  for (let at = 0; at < bytes.length;) {
    const length = lengthOf(bytes[at]!);
    const character = decode(bytes.subarray(at, at + length));
    if (character !== undefined && VISIBLE.test(character)) text += character;
    else {
      flush();
      for (const byte of bytes.subarray(at, at + (character === undefined ? 1 : length))) {
        pieces.push({ byte: byte.toString(16).padStart(2, "0").toUpperCase() });
      }
    }
    at += character === undefined ? 1 : length;
  }
  flush();
  return pieces;
}

const lengthOf = (lead: number) => lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;

function decode(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes);
  } catch {
    return undefined;
  }
}
