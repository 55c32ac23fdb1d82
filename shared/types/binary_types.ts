/**
 * boolean, uuid and bytea.
 *
 * @module
 */
import { kindOf, shown, type WriteValue } from "./column_type.ts";

/** Converts `true` and `false`. */
export const writeBoolean: WriteValue = (value, row) => {
  if (typeof value !== "boolean") return `expected true or false, received ${kindOf(value)}`;
  row.reserve(5);
  row.view.setInt32(row.length, 1);
  row.bytes[row.length + 4] = value ? 1 : 0;
  row.length += 5;
  return undefined;
};

/** With and without hyphens, in both cases. */
const UUID = /^(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32})$/i;

const UUID_BYTES = 16;
const HYPHEN = 0x2d;

/** Value of a hexadecimal digit. */
const digit = (code: number): number => (code & 0xf) + (code > 0x40 ? 9 : 0);

/** Converts UUIDs in text, with or without hyphens. */
export const writeUuid: WriteValue = (value, row) => {
  if (typeof value !== "string") return `expected a string, received ${kindOf(value)}`;
  if (!UUID.test(value)) return `not a UUID: ${shown(value)}`;
  row.int32(UUID_BYTES);
  row.reserve(UUID_BYTES);
  for (let i = 0; i < value.length;) {
    const code = value.charCodeAt(i++);
    if (code === HYPHEN) continue;
    row.bytes[row.length++] = digit(code) << 4 | digit(value.charCodeAt(i++));
  }
  return undefined;
};

/** Base64 without whitespace, whose padding may be missing. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?$/;

/** Converts bytes, and Base64 (RFC 4648, section 4) in text. */
export const writeBytea: WriteValue = (value, row) => {
  if (typeof value === "string") {
    if (!BASE64.test(value)) return `not Base64: ${shown(value)}`;
    row.reserve(4 + value.length);
    const count = row.bytes.write(value, row.length + 4, "base64");
    row.int32(count);
    row.length += count;
    return undefined;
  }
  if (!(value instanceof Uint8Array)) return `expected Base64 text, received ${kindOf(value)}`;
  row.int32(value.length);
  row.copy(value, 0, value.length);
  return undefined;
};
