/**
 * Decodes the records that can be proven to be valid without the schema: reads the values by layouts learned from earlier records, or
 * member by member, and converts their bytes.
 *
 * @module
 */
import type { RowBuffer } from "../types/row_buffer.ts";
import type { BoundStream, RecordMetadata } from "./bound_stream.ts";
import { IS_DOUBTFUL, IS_UNKNOWN, Layouts } from "./layouts.ts";
import type { ColumnWriter } from "./leaves/leaf.ts";
import { createPlan, type Plan } from "./plan.ts";
import { StructureReader } from "./structure_reader.ts";

/** The fast path of a stream. */
export class FastPath {
  readonly #columns: readonly ColumnWriter[];
  readonly #layouts = new Layouts();
  readonly #reader: StructureReader;

  constructor(plan: Plan) {
    this.#columns = plan.columns;
    this.#reader = new StructureReader(plan);
  }

  /**
   * Appends the row of the value in `bytes` from `start` to `end` (exclusive) to `rows`. Returns false, with nothing appended, if the
   * general path must decide.
   */
  decode(bytes: Uint8Array, start: number, end: number, rows: RowBuffer, meta: RecordMetadata): boolean {
    const found = this.#layouts.read(bytes, start, end);
    if (found === IS_DOUBTFUL) return false;
    if (found === IS_UNKNOWN) {
      if (!this.#reader.read(bytes, start, end)) return false;
      this.#layouts.learn(this.#reader, bytes, start, end);
    }
    return this.#write(bytes, rows, meta);
  }

  #write(bytes: Uint8Array, rows: RowBuffer, meta: RecordMetadata): boolean {
    const columns = this.#columns, { length } = rows;
    rows.int16(columns.length);
    for (let c = 0; c < columns.length; c++) {
      if (columns[c]!.write(bytes, rows, meta)) continue;
      rows.length = length;
      return false;
    }
    return true;
  }
}

/** Creates the fast path of a stream; `undefined` if its schema must decide on every record. */
export function createFastPath(bound: BoundStream): FastPath | undefined {
  const plan = createPlan(bound);
  return plan && new FastPath(plan);
}
