/**
 * Why bytes are no JSON text that is taken. JSON.parse has a message, too, but takes ten times as long to make it.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { reject, type Rejection } from "./rejection.ts";

/** Deepest nesting of a value that is looked at: no record needs more, and what does is made to hurt parsers. */
export const MAX_DEPTH = 100;

const QUOTE = 0x22, BACKSLASH = 0x5c;
const OPEN_OBJECT = 0x7b, CLOSE_OBJECT = 0x7d, OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d;

const NOT_UTF8 = reject("not UTF-8", "The value is not UTF-8 text.");
const TOO_DEEP = reject("nested too deep", `The value is nested deeper than ${MAX_DEPTH} levels.`);
const BYTE_ORDER_MARK = reject(
  "not JSON",
  "The value begins with a byte order mark, which JSON does not allow (RFC 8259, section 8.1).",
);

/** How the printable characters of ASCII are named. */
const NAMES = Array.from({ length: 0x7f }, (_, code) => JSON.stringify(String.fromCharCode(code)));
const SPACE = 0x20;

/** Bytes before the end in which a UTF-8 sequence may be cut off. */
const CUT = 3;

/**
 * Why the value that lies in `bytes` from `start` to `end` (exclusive) is none.
 *
 * @param wrong index of the first byte that can be no part of one, as `JsonSkipper` finds it: all before it is the beginning of one,
 * in valid UTF-8
 */
export function rejectInvalidJson(bytes: Uint8Array, start: number, end: number, wrong: number): Rejection {
  // Asked beforehand, since the decoder's error costs as much as all the rest.
  if (
    !isAscii(bytes, Math.max(start, Math.min(wrong, end - CUT)), end) && !isUtf8(bytes.subarray(start, end))
  ) {
    return NOT_UTF8;
  }
  const length = end - start;
  if (wrong >= end) {
    return { reason: "not JSON", detail: `The value ends after ${length} bytes, before it is complete.` };
  }
  const byte = bytes[wrong]!;
  if ((byte === OPEN_ARRAY || byte === OPEN_OBJECT) && isDeeperThan(bytes, start, wrong + 1, MAX_DEPTH)) {
    return TOO_DEEP;
  }
  const where = `at byte ${wrong - start} of ${length}.`;
  if (byte >= SPACE && byte < NAMES.length) {
    return { reason: "not JSON", detail: `Unexpected ${NAMES[byte]} ${where}` };
  }
  const [character] = utf8.decode(bytes.subarray(wrong, Math.min(wrong + 4, end)));
  if (wrong === start && character === "\uFEFF") return BYTE_ORDER_MARK;
  return reject("not JSON", `Unexpected ${JSON.stringify(character)} ${where}`);
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  let all = 0;
  for (let i = start; i < end; i++) all |= bytes[i]!;
  return all < 0x80;
}

/** Whether a JSON text, or the beginning of one, is nested deeper than `limit`. */
export function isDeeperThan(bytes: Uint8Array, start: number, end: number, limit: number): boolean {
  let depth = 0, inString = false;
  for (let i = start; i < end; i++) {
    const byte = bytes[i];
    if (inString) {
      if (byte === BACKSLASH) i++;
      else if (byte === QUOTE) inString = false;
    } else if (byte === QUOTE) inString = true;
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) {
      if (++depth > limit) return true;
    } else if (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT) depth--;
  }
  return false;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });
