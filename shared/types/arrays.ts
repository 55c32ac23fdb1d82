/**
 * One-dimensional arrays.
 *
 * @see https://github.com/postgres/postgres/blob/REL_18_STABLE/src/backend/utils/adt/arrayfuncs.c (array_recv)
 * @module
 */
import { kindOf, type WriteValue } from "./column_type.ts";

/** Appends dimensions, flags, and the element's OID. */
const HEADER_BYTES = 12;
const DIMENSION_BYTES = 8;

/**
 * Converts arrays, whose elements may be null. An empty array has no dimension.
 *
 * @param elementOid the OID of the column's element type: PostgreSQL rejects another one, even that of a domain's base type
 */
export const arrayWriter = (elementOid: number, writeElement: WriteValue): WriteValue => (value, row) => {
  if (!Array.isArray(value)) return `expected an array, received ${kindOf(value)}`;
  const { length } = value;
  const start = row.beginValue();
  row.reserve(HEADER_BYTES + DIMENSION_BYTES);
  const { view } = row;
  view.setInt32(start, length === 0 ? 0 : 1);
  view.setInt32(start + 4, 0);
  view.setUint32(start + 8, elementOid);
  row.length = start + HEADER_BYTES;
  if (length === 0) {
    row.endValue(start);
    return undefined;
  }
  view.setInt32(start + 12, length);
  view.setInt32(start + 16, 1);
  row.length += DIMENSION_BYTES;
  let hasNull = false;
  for (let i = 0; i < length; i++) {
    const element: unknown = value[i];
    if (element === null || element === undefined) {
      hasNull = true;
      row.null();
      continue;
    }
    const problem = writeElement(element, row);
    if (problem) return `element ${i + 1}: ${problem}`;
  }
  if (hasNull) row.view.setInt32(start + 4, 1);
  row.endValue(start);
  return undefined;
};
