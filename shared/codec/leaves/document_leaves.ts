/**
 * JSON documents in columns of type json and jsonb, arrays, and members without a column.
 *
 * @module
 */
import { JSONB_VERSION } from "../../types/json.ts";
import { RowBuffer } from "../../types/row_buffer.ts";
import { isInvalid, type JsonSkipper, skipSpace } from "../json_skipper.ts";
import type { Checker } from "./checkers.ts";
import { isNull, Leaf, type LeafOptions } from "./leaf.ts";

/** A document of which the column stores the bytes. */
export class JsonLeaf extends Leaf {
  #start = 0;
  #end = 0;

  constructor(
    options: LeafOptions,
    readonly checker: Checker,
    readonly skipper: JsonSkipper,
    readonly isBinary: boolean,
  ) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const { skipper } = this;
    if (isNull(bytes, at, end)) return this.other(bytes, at, end);
    skipper.hasEscape = false;
    skipper.hasLargeNumber = false;
    const next = this.checker.check(bytes, at, end);
    // Escapes and numbers may be such that PostgreSQL does not accept them.
    if (next < 0 || skipper.hasEscape || skipper.hasLargeNumber) return this.other(bytes, at, end);
    this.#start = at;
    this.#end = next;
    return this.own(next);
  }

  protected writeOwn(bytes: Uint8Array, rows: RowBuffer): boolean {
    const version = this.isBinary ? 1 : 0;
    rows.reserve(5);
    rows.view.setInt32(rows.length, this.#end - this.#start + version);
    rows.bytes[rows.length + 4] = JSONB_VERSION;
    rows.length += 4 + version;
    rows.copy(bytes, this.#start, this.#end);
    return true;
  }
}

/** A member without a column. */
export class CheckLeaf extends Leaf {
  constructor(options: LeafOptions, readonly checker: Checker) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const next = this.checker.check(bytes, at, end);
    return next < 0 ? this.other(bytes, at, end) : this.own(next);
  }

  protected writeOwn(): boolean {
    return true;
  }
}

/** A member that the schema ignores: any JSON. */
export class UnknownLeaf extends Leaf {
  constructor(options: LeafOptions, readonly skipper: JsonSkipper) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const next = this.skipper.skipValue(bytes, at, end, this.options.maxDepth);
    return isInvalid(next) ? -1 : next;
  }

  protected writeOwn(): boolean {
    return true;
  }
}

const OPEN_ARRAY = 0x5b, CLOSE_ARRAY = 0x5d, COMMA = 0x2c;

/** Rules of an array, and its element's type. */
export interface ArrayRules {
  readonly elementOid: number;
  readonly min: number;
  readonly max: number;
}

/** An array in a column of an array type. */
export class ArrayLeaf extends Leaf {
  /** Header and elements. */
  readonly #elements = new RowBuffer(256);

  constructor(options: LeafOptions, readonly element: Leaf, readonly rules: ArrayRules) {
    super(options);
  }

  read(bytes: Uint8Array, at: number, end: number): number {
    const next = this.#readElements(bytes, at, end);
    return next < 0 ? this.other(bytes, at, end) : this.own(next);
  }

  #readElements(bytes: Uint8Array, at: number, end: number): number {
    const { element, rules: { elementOid, min, max } } = this;
    const elements = this.#elements;
    if (at >= end || bytes[at] !== OPEN_ARRAY) return -1;
    at = skipSpace(bytes, at + 1, end);
    elements.length = 0;
    elements.int32(0);
    elements.int32(0);
    elements.int32(elementOid);
    if (at < end && bytes[at] === CLOSE_ARRAY) return min === 0 ? at + 1 : -1;
    elements.int32(0);
    elements.int32(1);
    let hasNull = 0;
    for (let count = 1;; count++) {
      at = element.read(bytes, at, end);
      if (at < 0) return -1;
      const from = elements.length;
      element.write(bytes, elements);
      if (elements.view.getInt32(from) < 0) hasNull = 1;
      at = skipSpace(bytes, at, end);
      if (at >= end) return -1;
      if (bytes[at] === CLOSE_ARRAY) {
        if (count < min || count > max) return -1;
        elements.view.setInt32(0, 1);
        elements.view.setInt32(4, hasNull);
        elements.view.setInt32(12, count);
        return at + 1;
      }
      if (bytes[at] !== COMMA) return -1;
      at = skipSpace(bytes, at + 1, end);
    }
  }

  protected writeOwn(_: Uint8Array, rows: RowBuffer): boolean {
    rows.int32(this.#elements.length);
    rows.copy(this.#elements.bytes, 0, this.#elements.length);
    return true;
  }
}
