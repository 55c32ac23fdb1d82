/**
 * Decodes the value of a Kafka record into a row of numbers, or into the reason for its rejection.
 *
 * @module
 */
import { z } from "zod";
import { fieldValue, type Stream } from "../stream.ts";
import { findDuplicateName } from "./duplicate_name.ts";
import { DUPLICATE_NAME, GeneralReader, INVALID_JSON, INVALID_RECORD, VALID } from "./general_reader.ts";
import { MAX_DEPTH, rejectInvalidJson } from "./invalid_json.ts";
import { createFastPathReader } from "./fast_path_reader.ts";
import { reject, type Rejection } from "./rejection.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./json_skipper.ts";
import { RejectionCache } from "./rejection_cache.ts";

/** Decodes a value into `row`, one number per field of the stream, or returns why it is rejected. */
export type Decoder = (value: Uint8Array | null, row: Float64Array) => Rejection | undefined;

/**
 * Decodes the `length` bytes from `start` on; a length of −1 means null. Allocates no objects for a valid record.
 */
export type InPlaceDecoder = (
  bytes: Uint8Array,
  start: number,
  length: number,
  row: Float64Array,
) => Rejection | undefined;

/**
 * Creates a decoder of a stream's records.
 *
 * @example
 * ```ts
 * import assert from "assert";
 * import { loadStreams } from "../streams.ts";
 * const [routes] = await loadStreams(["routes"]);
 * const row = new Float64Array(4);
 * const value = new TextEncoder().encode('{"userID":3,"timestamp":1.5,"coordinates":[48.8,2.3]}');
 * assert.equal(createDecoder(routes!)(value, row), undefined);
 * assert.deepEqual([...row], [3, 1.5, 48.8, 2.3]);
 * ```
 */
export function createDecoder(stream: Stream): Decoder {
  const decode = createInPlaceDecoder(stream);
  const nothing = new Uint8Array(0);
  return (value, row) => decode(value ?? nothing, 0, value?.length ?? -1, row);
}

/** Creates a decoder that reads values within a record batch. */
export function createInPlaceDecoder(stream: Stream): InPlaceDecoder {
  const readFast = createFastPathReader(stream);
  const reader = new GeneralReader(stream);
  const cache = new RejectionCache();
  return (bytes, start, length, row) => {
    if (length < 0) return NO_VALUE;
    if (length === 0) return EMPTY_VALUE;
    const end = start + length;
    if (readFast(bytes, start, end, row)) return undefined;
    const found = reader.read(bytes, start, end, row);
    switch (found) {
      case VALID:
        return undefined;
      case INVALID_JSON:
        return rejectInvalidJson(bytes, start, end, reader.end);
      case DUPLICATE_NAME:
        return rejectDuplicate(reader.duplicateName);
      case INVALID_RECORD: {
        const known = cache.get(reader.shapeCode);
        if (known !== undefined) return known;
      }
    }
    const rejection = decodeText(stream, bytes, start, end, row);
    if (found === INVALID_RECORD && rejection) cache.record(reader.shapeCode, rejection);
    return rejection;
  };
}

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");
const EMPTY_VALUE = reject("empty value", "The value has no bytes.");
const rejectDuplicate = (name: string) =>
  reject("duplicate name", `The name ${JSON.stringify(name)} occurs twice in the record.`);

/** Decodes a value with JSON.parse and the schema, which are the authority on what is valid. */
function decodeText(
  { schema, fields }: Stream,
  bytes: Uint8Array,
  start: number,
  end: number,
  row: Float64Array,
): Rejection | undefined {
  const endOfText = endOfJson(bytes, start, end);
  if (endOfText !== end) {
    return rejectInvalidJson(bytes, start, end, isInvalid(endOfText) ? ~endOfText : endOfText);
  }
  const text = utf8.decode(bytes.subarray(start, end));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // Unexpected, but JSON.parse is the authority.
    return reject("not JSON", (error as Error).message);
  }
  const result = safeParse(schema, parsed);
  if (!result.success) {
    return reject("invalid record", result.error.issues.map(({ message }) => message).join("; "));
  }
  const duplicate = findDuplicateName(text);
  if (duplicate !== undefined) return rejectDuplicate(duplicate);
  for (let f = 0; f < fields.length; f++) row[f] = fieldValue(result.data, fields[f]!);
  return undefined;
}

/** Index after the JSON text and the white space that follows it, or a value for {@link isInvalid}. */
function endOfJson(bytes: Uint8Array, start: number, end: number): number {
  const at = skipper.skipValue(bytes, skipSpace(bytes, start, end), end, MAX_DEPTH);
  return isInvalid(at) ? at : skipSpace(bytes, at, end);
}

const skipper = new JsonSkipper();

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The issues of an invalid record. zod's own error class also formats them as text, which takes longer than the validation. */
class Issues {
  constructor(readonly issues: readonly z.core.$ZodIssue[]) {}
}
const safeParse = z.core._safeParse(Issues as unknown as z.core.$ZodErrorClass);
