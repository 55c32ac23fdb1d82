/**
 * Records made malformed on purpose, one of each kind that the consumer must survive.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Random } from "../shared/stream.ts";

type Malform = (text: string) => string | Buffer | null;

/** Ways to spoil a valid record's text. Each gives a value that the stream's schema refuses. */
const KINDS: readonly Malform[] = [
  () => null,
  () => "",
  (text) => text.slice(0, -1),
  (text) => `[${text}]`,
  (text) => `${text}\0`,
  (text) => Buffer.concat([Buffer.from(text), Buffer.of(0xff)]),
  (text) => text.replace('"userID":', '"userID":2147483648,"was":'),
  (text) => text.replace(/"userID":(\d+)/, '"userID":"$1"'),
  (text) => text.replace('"timestamp":', '"timestamp":-1,"was":'),
  (text) => text.replace('"timestamp":', '"timestamp":1e400,"was":'),
  (text) => text.replace('"userID":', '"userID":1,"userID":'),
  (text) => `${text.slice(0, -1)},"deep":${"[".repeat(200)}${"]".repeat(200)}}`,
  () => "null",
  () => '{"__proto__":{}}',
  () => `<script>alert("${"x".repeat(20)}")</script>`,
];

/** A value that is not valid, made of one that is. */
export function corrupt(text: string, random: Random): string | Buffer | null {
  return KINDS[Math.floor(random() * KINDS.length)]!(text);
}
