/**
 * A value that is parsed and validated alone, with its part of the schema.
 *
 * @module
 */
import { z } from "zod";
import type { ColumnType } from "../../types/column_type.ts";
import { JsonSource } from "../../types/json_source.ts";
import { RowBuffer } from "../../types/row_buffer.ts";
import { ExactNumbers } from "../exact_numbers.ts";
import { isInvalid, JsonSkipper } from "../json_skipper.ts";
import { outputAt, parseValue, type Span, spanAt } from "../json_value.ts";
import { validate } from "../validate.ts";

/** A column within a value. */
export interface InnerColumn {
  readonly type: ColumnType;
  /** Path below the value. */
  readonly path: readonly (string | number)[];
  /** Whether the column stores the bytes of the record. */
  readonly storesSource: boolean;
}

const NO_BYTES = new Uint8Array(0);

/** Reads a value with the general parser. Keeps the bytes of its columns until they are written. */
export class SchemaValue {
  readonly #skipper = new JsonSkipper();
  readonly #exact: ExactNumbers | undefined;
  readonly #rows = new RowBuffer(64);
  /** End of each column in the buffer. */
  readonly #ends: number[];
  /** The value as the member of an object: decides what its absence means. */
  readonly #asMember: z.core.$ZodType;

  constructor(
    readonly schema: z.core.$ZodType,
    readonly columns: readonly InnerColumn[],
    readonly maxDepth: number,
  ) {
    this.#exact = ExactNumbers.of([schema]);
    this.#ends = columns.map(() => 0);
    this.#asMember = z.object({ value: schema as z.ZodType });
  }

  /** Reads the value that begins at `at`. Returns the index after it, or −1 if it is invalid. */
  read(bytes: Uint8Array, at: number, end: number): number {
    const next = this.#skipper.skipValue(bytes, at, end, this.maxDepth);
    if (isInvalid(next)) return -1;
    const span = { start: at, end: next };
    const validation = validate(this.schema, parseValue(bytes, span, this.#exact));
    if (validation.rejection) return -1;
    return this.#convert(validation.output, bytes, span) ? next : -1;
  }

  /** Returns whether the value may be absent. */
  readAbsent(): boolean {
    const validation = validate(this.#asMember, {});
    return !validation.rejection &&
      this.#convert((validation.output as { value?: unknown }).value, NO_BYTES, undefined);
  }

  /** The columns are NULL. Returns false if one is NOT NULL. */
  setNull(): boolean {
    return this.#convert(null, NO_BYTES, undefined);
  }

  /** Appends a column of the last value. */
  writeColumn(column: number, rows: RowBuffer): void {
    rows.copy(this.#rows.bytes, column === 0 ? 0 : this.#ends[column - 1]!, this.#ends[column]!);
  }

  #convert(output: unknown, bytes: Uint8Array, span: Span | undefined): boolean {
    this.#rows.length = 0;
    for (const [c, { type, path, storesSource }] of this.columns.entries()) {
      const value = outputAt(output, path) ?? null;
      const source = storesSource && value !== null && span ? spanAt(bytes, span, path) : undefined;
      const problem = type.write(
        source ? new JsonSource(bytes, source.start, source.end) : value,
        this.#rows,
      );
      if (problem !== undefined) return false;
      this.#ends[c] = this.#rows.length;
    }
    return true;
  }
}
