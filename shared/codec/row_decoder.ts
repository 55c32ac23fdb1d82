/**
 * Decodes the values of Kafka records into rows of PostgreSQL's binary COPY format, or into the reasons for their rejection.
 *
 * @module
 */
import type { BoundStream, RecordMetadata, RowDecoder } from "./bound_stream.ts";
import { GeneralPath } from "./general_path.ts";
import { reject } from "./rejection.ts";
import { upsertDecoder } from "./upsert_decoder.ts";

export type { BoundStream, RecordMetadata, RowDecoder };

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");
const EMPTY_VALUE = reject("empty value", "The value has no bytes.");

/** Creates a decoder of a stream's records. */
export function createRowDecoder(bound: BoundStream): RowDecoder {
  const general = new GeneralPath(bound);
  return upsertDecoder(bound, (bytes, start, length, rows, meta) => {
    if (length < 0) return NO_VALUE;
    if (length === 0) return EMPTY_VALUE;
    return general.decode(bytes, start, start + length, rows, meta);
  });
}
