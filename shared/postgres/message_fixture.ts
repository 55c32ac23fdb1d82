/**
 * What a server sends, for tests.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 * @module
 */
import { Buffer } from "node:buffer";

/** A message of PostgreSQL's protocol. */
export function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(Buffer.byteLength(body) + 4, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

/** The answer to a query: one row of columns, each text or integer. */
export function row(values: Readonly<Record<string, string | number>>): Buffer {
  const count = (number: number) => String.fromCharCode(0, number);
  const columns = Object.entries(values);
  // Each of no table and no attribute, of type int4 (23) or text (25), of size and modifier 0, in text format.
  const description = columns.map(([name, value]) =>
    `${name}\0${"\0".repeat(9)}${typeof value === "number" ? "\x17" : "\x19"}${"\0".repeat(8)}`
  ).join("");
  const data = columns.map(([, value]) => `\0\0${count(Buffer.byteLength(`${value}`))}${value}`).join("");
  return Buffer.concat([
    message("T", count(columns.length) + description),
    message("D", count(columns.length) + data),
    message("C", "SELECT 1\0"),
  ]);
}
