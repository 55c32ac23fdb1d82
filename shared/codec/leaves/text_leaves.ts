/**
 * Strings in columns of type text, varchar, enum and uuid, and booleans.
 *
 * @module
 */
import type { RowBuffer } from "../../types/row_buffer.ts";
import { Leaf, type LeafOptions, skipBoolean } from "./leaf.ts";
import type { StringReader } from "./string_reader.ts";

const QUOTE = 0x22;

/** A string whose bytes are the column's. */
export class TextLeaf extends Leaf {
  #start = 0;
  #end = 0;

  /** @param reader reads no strings that are too long for the type */
  constructor(options: LeafOptions, readonly reader: StringReader) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const { reader } = this;
    if (at >= end || bytes[at] !== QUOTE) return this.other(bytes, at, end);
    const next = reader.read(bytes, at, end);
    if (next < 0) return this.other(bytes, at, end);
    this.#start = reader.start;
    this.#end = reader.end;
    return this.own(next);
  }

  protected writeOwn(bytes: Uint8Array, rows: RowBuffer): boolean {
    rows.int32(this.#end - this.#start);
    rows.copy(bytes, this.#start, this.#end);
    return true;
  }
}

const UUID_TEXT_LENGTH = 36;
const HYPHEN = 0x2d;

/** Value of each hexadecimal digit; 255 for other bytes. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** A UUID with hyphens. */
export class UuidLeaf extends Leaf {
  readonly #value = new Uint8Array(16);

  /** @param isVersioned whether only versions 1 to 8 of RFC 9562 are valid */
  constructor(options: LeafOptions, readonly isVersioned: boolean) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    return this.#parse(bytes, at, end) ? this.own(at + UUID_TEXT_LENGTH + 2) : this.other(bytes, at, end);
  }

  #parse(bytes: Uint8Array, at: number, end: number): boolean {
    const close = at + 1 + UUID_TEXT_LENGTH;
    if (close >= end || bytes[at] !== QUOTE || bytes[close] !== QUOTE) return false;
    const value = this.#value;
    let digit = at + 1;
    for (let i = 0; i < value.length; i++) {
      if (i === 4 || i === 6 || i === 8 || i === 10) {
        if (bytes[digit++] !== HYPHEN) return false;
      }
      const high = HEX[bytes[digit++]!]!, low = HEX[bytes[digit++]!]!;
      if (high === 255 || low === 255) return false;
      value[i] = high << 4 | low;
    }
    const version = value[6]! >> 4;
    return !this.isVersioned || (version >= 1 && version <= 8 && value[8]! >> 6 === 2);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    rows.int32(this.#value.length);
    rows.copy(this.#value, 0, this.#value.length);
    return true;
  }
}

export class BooleanLeaf extends Leaf {
  #value = 0;

  read(bytes: Uint8Array, at: number, end: number): number {
    const next = skipBoolean(bytes, at, end);
    if (next < 0) return this.other(bytes, at, end);
    this.#value = next === at + 4 ? 1 : 0;
    return this.own(next);
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    rows.reserve(5);
    rows.view.setInt32(rows.length, 1);
    rows.bytes[rows.length + 4] = this.#value;
    rows.length += 5;
    return true;
  }
}
