/**
 * Decodes records whose values are not JSON: a text, or bytes. Each member column stores the whole value.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import type { BoundStream, RowDecoder } from "./bound_stream.ts";
import { writeMetadata } from "./metadata_columns.ts";
import { reject, rejectColumn } from "./rejection.ts";

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Creates the decoder of a stream with the format `text` or `bytes`. A record without a value has NULL as its value. */
export function createRawDecoder({ stream: { columns, format }, types }: BoundStream): RowDecoder {
  return (bytes, start, length, rows, meta) => {
    const source = length < 0 ? null : bytes.subarray(start, start + length);
    if (format === "text" && source !== null && !isUtf8(source)) {
      return reject("not UTF-8", "The value is not UTF-8.");
    }
    const value = format === "text" && source !== null ? utf8.decode(source) : source;
    const before = rows.length;
    rows.int16(columns.length);
    for (const [c, column] of columns.entries()) {
      const type = types[c]!;
      const problem = "metadata" in column
        ? writeMetadata(column.metadata, type, rows, meta)
        : type.write(value, rows);
      if (problem === undefined) continue;
      rows.length = before;
      return rejectColumn(column.name, problem);
    }
    return undefined;
  };
}
