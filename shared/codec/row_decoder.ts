/**
 * Decodes the values of Kafka records into rows of PostgreSQL's binary COPY format, or into the reasons for their rejection.
 *
 * @module
 */
import { type BoundStream, decodeValue, type RecordMetadata, type RowDecoder } from "./bound_stream.ts";
import { createFastPath } from "./fast_path.ts";
import { GeneralPath } from "./general_path.ts";
import { createRawDecoder } from "./raw_decoder.ts";
import { reject } from "./rejection.ts";
import { upsertDecoder } from "./upsert_decoder.ts";

export { type BoundStream, decodeValue, type RecordMetadata, type RowDecoder };

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");
const EMPTY_VALUE = reject("empty value", "The value has no bytes.");

/** Creates a decoder of a stream's records. */
export function createRowDecoder(bound: BoundStream): RowDecoder {
  if ((bound.stream.format ?? "json") !== "json") return upsertDecoder(bound, createRawDecoder(bound));
  const general = new GeneralPath(bound);
  const fast = createFastPath(bound);
  return upsertDecoder(bound, (bytes, start, length, rows, meta) => {
    if (length < 0) return NO_VALUE;
    if (length === 0) return EMPTY_VALUE;
    if (fast?.decode(bytes, start, start + length, rows, meta)) return undefined;
    return general.decode(bytes, start, start + length, rows, meta);
  });
}
