/**
 * Rows in PostgreSQL's binary COPY format.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
 * @module
 */
import { Buffer } from "node:buffer";
import type { Field } from "../../shared/stream.ts";

/** The signature, no flags, no header extension: what a binary COPY begins with. */
export const COPY_HEADER: Uint8Array = Buffer.from("PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0", "latin1");
/** A field count of -1: what it ends with. */
export const COPY_TRAILER: Uint8Array = Buffer.from([0xff, 0xff]);

/** Writes rows of a stream's numbers. All are of one length, so that a row is found by its number. */
export class RowEncoder {
  /** Bytes of a row: INT16 field count, then for each field an INT32 length and the value. */
  readonly rowSize: number;
  readonly #template: Uint8Array;
  readonly #places: readonly { readonly at: number; readonly isInt: boolean }[];
  #view = new DataView<ArrayBufferLike>(new ArrayBuffer(0));

  constructor(fields: readonly Field[]) {
    const sizes = fields.map(({ type }) => type === "INT" ? 4 : 8);
    this.rowSize = 2 + sizes.reduce((sum, size) => sum + 4 + size, 0);
    this.#template = new Uint8Array(this.rowSize);
    const view = new DataView(this.#template.buffer);
    view.setInt16(0, fields.length);
    let at = 2;
    this.#places = fields.map(({ type }, index) => {
      view.setInt32(at, sizes[index]!);
      const place = { at: at + 4, isInt: type === "INT" };
      at = place.at + sizes[index]!;
      return place;
    });
  }

  /** Room for `count` rows, with all that does not change already in it. */
  allocate(count: number): Uint8Array {
    const rows = Buffer.allocUnsafeSlow(count * this.rowSize);
    if (count === 0) return rows;
    rows.set(this.#template);
    // Doubles what is filled until all is: a few large copies instead of one a row.
    for (let filled = this.rowSize; filled < rows.length; filled *= 2) rows.copyWithin(filled, 0, filled);
    return rows;
  }

  /** Writes one row's numbers into its place. */
  write(rows: Uint8Array, row: number, numbers: Float64Array): void {
    if (this.#view.buffer !== rows.buffer) {
      this.#view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
    }
    const view = this.#view;
    const start = row * this.rowSize;
    for (let f = 0; f < this.#places.length; f++) {
      const { at, isInt } = this.#places[f]!;
      if (isInt) view.setInt32(start + at, numbers[f]!);
      else view.setFloat64(start + at, numbers[f]!);
    }
  }
}
