/**
 * Messages of a PostgreSQL server, for tests.
 *
 * @see https://www.postgresql.org/docs/current/protocol-message-formats.html
 * @module
 */
import { Buffer } from "node:buffer";

/** Encodes a message of the protocol. */
export function message(type: string, body: string): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, "latin1");
  head.writeInt32BE(Buffer.byteLength(body) + 4, 1);
  return Buffer.concat([head, Buffer.from(body)]);
}

/** Encodes the response to a query: one row of text and integer columns. */
export function row(values: Readonly<Record<string, string | number>>): Buffer {
  const count = (number: number) => String.fromCharCode(0, number);
  const columns = Object.entries(values);
  // RowDescription fields: no table and attribute, type int4 (23) or text (25), size and modifier 0, text format.
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
