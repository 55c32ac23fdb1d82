/**
 * smallint, integer and bigint.
 *
 * @module
 */
import { kindOf, shown, type WriteValue } from "./column_type.ts";
import { decimalText, wholeNumber } from "./decimal.ts";
import type { RowBuffer } from "./row_buffer.ts";

type IntegerKind = "smallint" | "integer" | "bigint";

const BITS: Readonly<Record<IntegerKind, number>> = { smallint: 16, integer: 32, bigint: 64 };

/** Whole numbers that a double represents exactly. */
const SHORT_INTEGER = /^-?\d{1,15}$/;

const outOfRange = (value: unknown, kind: string) => `out of range for ${kind}: ${shown(value)}`;

function writeNumber(value: number, kind: IntegerKind, row: RowBuffer): string | undefined {
  if (!Number.isInteger(value)) return `not a whole number: ${value}`;
  if (kind === "bigint") {
    if (Number.isSafeInteger(value)) {
      row.int32(8);
      row.safeInt64(value);
      return undefined;
    }
    return `not exact: ${value} is a double above 2^53; declare the member as z.bigint()`;
  }
  if (kind === "integer") {
    if ((value | 0) !== value) return outOfRange(value, kind);
    row.reserve(8);
    row.view.setInt32(row.length, 4);
    row.view.setInt32(row.length + 4, value);
    row.length += 8;
    return undefined;
  }
  if ((value << 16 >> 16) !== value) return outOfRange(value, kind);
  row.int32(2);
  row.int16(value);
  return undefined;
}

function writeBigint(value: bigint, row: RowBuffer): undefined {
  row.reserve(12);
  row.view.setInt32(row.length, 8);
  row.view.setBigInt64(row.length + 4, value);
  row.length += 12;
}

/** Converts numbers, bigint, Decimal and decimal texts. `1e3` and `1.0` are whole numbers. */
export function integerWriter(kind: IntegerKind): WriteValue {
  const bits = BITS[kind];
  return (value, row) => {
    if (typeof value === "number") return writeNumber(value, kind, row);
    let whole: bigint;
    if (typeof value === "bigint") whole = value;
    else {
      const text = decimalText(value);
      if (text === undefined) return `expected a whole number, received ${kindOf(value)}`;
      if (SHORT_INTEGER.test(text)) return writeNumber(Number(text), kind, row);
      const parsed = wholeNumber(text);
      if (parsed === "fraction") return `not a whole number: ${shown(value)}`;
      if (parsed === "huge") return outOfRange(value, kind);
      whole = parsed;
    }
    if (BigInt.asIntN(bits, whole) !== whole) return outOfRange(value, kind);
    return kind === "bigint" ? writeBigint(whole, row) : writeNumber(Number(whole), kind, row);
  };
}
