/**
 * Renders bytes: visible text as text, all other bytes as hexadecimal numbers.
 *
 * @module
 */

/** Text, or one byte in hexadecimal. */
export type Piece = { readonly text: string } | { readonly byte: string };

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Visible characters and the space: no control, invisible or bidirectional formatting characters. */
const VISIBLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]$/u;

/** Splits bytes into text and single bytes, which are those that are invalid UTF-8 or encode an invisible character. */
export function toPieces(bytes: Uint8Array): Piece[] {
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
