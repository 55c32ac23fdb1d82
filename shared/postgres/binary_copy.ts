/**
 * PostgreSQL's binary COPY format.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
 * @module
 */
import { Buffer } from "node:buffer";

/** The signature, no flags, no header extension. */
export const COPY_HEADER: Uint8Array = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");

/** A column count of −1. */
export const COPY_TRAILER: Uint8Array = Buffer.from([0xff, 0xff]);

/** The end of the row that begins at `start`: an INT16 column count, then an INT32 length (−1: NULL) and the bytes of each value. */
export function rowEnd(rows: DataView, start: number): number {
  let at = start + 2;
  for (let left = rows.getInt16(start); left > 0; left--) at += 4 + Math.max(0, rows.getInt32(at));
  return at;
}
