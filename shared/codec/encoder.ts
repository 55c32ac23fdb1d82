/**
 * Encodes records: the key, and the value as JSON text.
 *
 * @module
 */
import { fieldValue, type Stream } from "../stream.ts";
import { literalParts } from "./fast_path_reader.ts";

/**
 * Creates an encoder of a stream's records. It writes the same text as `JSON.stringify` with the fields in the stream's order, which
 * `createFastPathReader()` reads.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * import { loadStreams } from "../streams.ts";
 * const [routes] = await loadStreams(["routes"]);
 * const text = createEncoder(routes!)({ userID: 3, timestamp: 1.5, coordinates: [48.8, 2.3] });
 * assert.equal(text, '{"userID":3,"timestamp":1.5,"coordinates":[48.8,2.3]}');
 * ```
 */
export function createEncoder(stream: Stream): (record: unknown) => string {
  const literals = literalParts(stream);
  const { fields } = stream;
  return (record) => {
    let text = literals[0]!;
    // Unlike JSON.stringify, -0 is kept.
    for (let f = 0; f < fields.length; f++) {
      const value = fieldValue(record, fields[f]!);
      text += (Object.is(value, -0) ? "-0" : String(value)) + literals[f + 1]!;
    }
    return text;
  };
}

/** The key of a user's records, so that they share a partition and stay in order. */
export const messageKey = (userID: number): string => String(userID);
