/**
 * Corrupts records on purpose, to test how the consumer rejects them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type { Random } from "../shared/stream.ts";

type Corruption = (text: string) => string | Buffer | null;

/** Each turns a valid record's JSON into a value that the stream's schema rejects. */
const CORRUPTIONS: readonly Corruption[] = [
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

/** Makes a valid value invalid in a random way. */
export function corrupt(text: string, random: Random): string | Buffer | null {
  return CORRUPTIONS[Math.floor(random() * CORRUPTIONS.length)]!(text);
}
