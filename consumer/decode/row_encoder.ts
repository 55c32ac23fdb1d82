/**
 * Encodes rows in PostgreSQL's binary COPY format.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
 * @module
 */
import type { Field } from "../../shared/stream.ts";
import type { RowBuffer } from "../../shared/types/row_buffer.ts";

/** Writes a stream's rows. All have the same length. */
export class RowEncoder {
  /** Length of a row in bytes: an INT16 field count, then an INT32 length and the value of each field. */
  readonly rowSize: number;
  readonly #template: Uint8Array;
  readonly #fields: readonly { readonly at: number; readonly isInt: boolean }[];

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

  /** Appends a row with these numbers. */
  write(rows: RowBuffer, numbers: Float64Array): void {
    rows.reserve(this.rowSize);
    const { view, length: start } = rows;
    rows.bytes.set(this.#template, start);
    for (let f = 0; f < this.#fields.length; f++) {
      const { at, isInt } = this.#fields[f]!;
      if (isInt) view.setInt32(start + at, numbers[f]!);
      else view.setFloat64(start + at, numbers[f]!);
    }
    rows.length += this.rowSize;
  }
}
