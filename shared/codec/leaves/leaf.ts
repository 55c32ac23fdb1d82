/**
 * Leaves of a plan: the values of a record that are read as a whole.
 *
 * @module
 */
import type { RowBuffer } from "../../types/row_buffer.ts";
import type { RecordMetadata } from "../bound_stream.ts";
import type { SchemaValue } from "./schema_value.ts";

/** Appends a column to a row. Returns false if only the general path can tell why the record is rejected. */
export interface ColumnWriter {
  write(bytes: Uint8Array, rows: RowBuffer, meta: RecordMetadata): boolean;
}

/** How the value of a leaf was read last: by the leaf itself, as NULL, or by the schema. */
export const OWN = 0;
const NULL = 1, SCHEMA = 2;

/** Whether the bytes from `at` on are `null`. */
export const isNull = (bytes: Uint8Array, at: number, end: number): boolean =>
  at + 4 <= end && bytes[at] === 0x6e && bytes[at + 1] === 0x75 && bytes[at + 2] === 0x6c &&
  bytes[at + 3] === 0x6c;

/** Index after `true` or `false`; −1 if there is neither. */
export function skipBoolean(bytes: Uint8Array, at: number, end: number): number {
  if (at + 4 > end) return -1;
  if (bytes[at] === 0x74) {
    return bytes[at + 1] === 0x72 && bytes[at + 2] === 0x75 && bytes[at + 3] === 0x65 ? at + 4 : -1;
  }
  const isFalse = at + 5 <= end && bytes[at] === 0x66 && bytes[at + 1] === 0x61 && bytes[at + 2] === 0x6c &&
    bytes[at + 3] === 0x73 && bytes[at + 4] === 0x65;
  return isFalse ? at + 5 : -1;
}

/** What all leaves have. */
export interface LeafOptions {
  /** Reads the values that the leaf does not. */
  readonly schemaValue: SchemaValue;
  /** Whether null is valid, and stored as NULL. */
  readonly isNullable: boolean;
  /** Whether the column allows NULL. */
  readonly allowsNull: boolean;
  /** What the member's absence is: invalid, NULL, or to be decided by the schema (a default). */
  readonly absence: "invalid" | "null" | "schema";
  /** Maximum nesting of the value. */
  readonly maxDepth: number;
}

/**
 * A value of the record with at most one column. Reads the values whose validity it can prove, keeps what it needs to write them, and
 * leaves others to the schema. Not reentrant.
 */
export abstract class Leaf implements ColumnWriter {
  protected state: number = NULL;

  constructor(protected readonly options: LeafOptions) {}

  /** Reads the valid value that begins at `at`. Returns the index after it, or −1 if it is not proven to be valid. */
  abstract read(bytes: Uint8Array, at: number, end: number): number;

  /** Writes a value that {@link read} has read itself. */
  protected abstract writeOwn(bytes: Uint8Array, rows: RowBuffer): boolean;

  write(bytes: Uint8Array, rows: RowBuffer): boolean {
    if (this.state === OWN) return this.writeOwn(bytes, rows);
    if (this.state === NULL) rows.null();
    else this.options.schemaValue.writeColumn(0, rows);
    return true;
  }

  /** Writes a column of a value that the schema has read. */
  writeInner(column: number, rows: RowBuffer): void {
    this.options.schemaValue.writeColumn(column, rows);
  }

  /** The value is not part of the record, because an object above it is absent or null. Returns false if that is invalid. */
  setNull(): boolean {
    this.state = NULL;
    return this.options.allowsNull;
  }

  /** The member is absent. Returns false if that is invalid. */
  setAbsent(): boolean {
    const { absence, schemaValue } = this.options;
    this.state = absence === "null" ? NULL : SCHEMA;
    return absence === "null" || (absence === "schema" && schemaValue.readAbsent());
  }

  /** For {@link read}: the value was read; returns the index after it. */
  protected own(next: number): number {
    this.state = OWN;
    return next;
  }

  /** For {@link read}: reads null, or leaves the value to the schema. */
  protected other(bytes: Uint8Array, at: number, end: number): number {
    if (this.options.isNullable && isNull(bytes, at, end)) {
      this.state = NULL;
      return at + 4;
    }
    this.state = SCHEMA;
    return this.options.schemaValue.read(bytes, at, end);
  }
}

/** A value that only the schema reads, with any number of columns. */
export class SchemaLeaf extends Leaf {
  read(bytes: Uint8Array, at: number, end: number): number {
    this.state = SCHEMA;
    return this.options.schemaValue.read(bytes, at, end);
  }

  override setNull(): boolean {
    this.state = SCHEMA;
    return this.options.schemaValue.setNull();
  }

  protected writeOwn(): boolean {
    return false;
  }
}
