/**
 * Encodes rows in PostgreSQL's binary COPY format.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
 * @module
 */
import { Buffer } from "node:buffer";
import type { Field } from "../../shared/stream.ts";

/** Header of a binary COPY: the signature, no flags, no header extension. */
export const COPY_HEADER: Uint8Array = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
/** Trailer of a binary COPY: a field count of −1. */
export const COPY_TRAILER: Uint8Array = Buffer.from([0xff, 0xff]);

/** Writes a stream's rows. All have the same length. */
export class RowEncoder {
  /** Length of a row in bytes: an INT16 field count, then an INT32 length and the value of each field. */
  readonly rowSize: number;
  readonly #template: Uint8Array;
  readonly #fields: readonly { readonly at: number; readonly isInt: boolean }[];
  #view = new DataView<ArrayBufferLike>(new ArrayBuffer(0));

  constructor(fields: readonly Field[]) {
    const sizes = fields.map(({ type }) => type === "INT" ? 4 : 8);
    this.rowSize = 2 + sizes.reduce((sum, size) => sum + 4 + size, 0);
    this.#template = new Uint8Array(this.rowSize);
    const view = new DataView(this.#template.buffer);
    view.setInt16(0, fields.length);
    let at = 2;
    this.#fields = fields.map(({ type }, index) => {
      view.setInt32(at, sizes[index]!);
      const field = { at: at + 4, isInt: type === "INT" };
      at = field.at + sizes[index]!;
      return field;
    });
  }

  /** Allocates `count` rows, with field counts and lengths filled in. */
  allocate(count: number): Uint8Array {
    const rows = Buffer.allocUnsafeSlow(count * this.rowSize);
    if (count === 0) return rows;
    rows.set(this.#template);
    // Doubles the filled part: a few large copies instead of one per row.
    for (let filled = this.rowSize; filled < rows.length; filled *= 2) rows.copyWithin(filled, 0, filled);
    return rows;
  }

  /** Writes the numbers of a row. */
  write(rows: Uint8Array, row: number, numbers: Float64Array): void {
    if (this.#view.buffer !== rows.buffer) {
      this.#view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    }
    const view = this.#view;
    const start = row * this.rowSize;
    for (let f = 0; f < this.#fields.length; f++) {
      const { at, isInt } = this.#fields[f]!;
      if (isInt) view.setInt32(start + at, numbers[f]!);
      else view.setFloat64(start + at, numbers[f]!);
    }
  }
}
