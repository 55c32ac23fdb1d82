/**
 * From a record to what Kafka carries: the key, and the value as JSON text.
 *
 * @module
 */
import { fieldValue, type Stream } from "../stream.ts";
import { literalParts } from "./fast_path_reader.ts";

/**
 * An encoder of a stream's records: the text that `JSON.stringify` gives of the record's fields in their order, and the same as
 * {@link plainReader} reads the short way.
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
  const pieces = literalParts(stream);
  const { fields } = stream;
  return (record) => {
    let text = pieces[0]!;
    // A number's text in JSON is its text in JavaScript, but for -0 (which JSON.stringify writes as 0, and we keep).
    for (let f = 0; f < fields.length; f++) {
      const value = fieldValue(record, fields[f]!);
      text += (Object.is(value, -0) ? "-0" : String(value)) + pieces[f + 1]!;
    }
    return text;
  };
}

/** The key of a user's records: the user id as text, so that they share a partition and stay in order. */
export const messageKey = (userID: number): string => String(userID);
