/**
 * From a Kafka value to a row of numbers, or to the reason why there is none.
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

/** Decodes a value into `row` (a number for each field of the stream), or says why it can't be. */
export type Decoder = (value: Uint8Array | null, row: Float64Array) => Rejection | undefined;

/**
 * The same for the value that lies in `bytes` from `start` on, `length` bytes of them; a length of −1 stands for null. Nothing is made
 * of a valid record but its numbers.
 */
export type InPlaceDecoder = (
  bytes: Uint8Array,
  start: number,
  length: number,
  row: Float64Array,
) => Rejection | undefined;

/**
 * A decoder of a stream's records.
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

/** A decoder of a stream's records where they lie. */
export function createInPlaceDecoder(stream: Stream): InPlaceDecoder {
  const readPlain = createFastPathReader(stream);
  const reader = new GeneralReader(stream);
  const verdicts = new RejectionCache();
  return (bytes, start, length, row) => {
    if (length < 0) return NO_VALUE;
    if (length === 0) return EMPTY_VALUE;
    const end = start + length;
    if (readPlain(bytes, start, end, row)) return undefined;
    const found = reader.read(bytes, start, end, row);
    switch (found) {
      case VALID:
        return undefined;
      case INVALID_JSON:
        return rejectInvalidJson(bytes, start, end, reader.end);
      case DUPLICATE_NAME:
        return standsTwice(reader.twice);
      case INVALID_RECORD: {
        const known = verdicts.find(reader.sign);
        if (known !== undefined) return known;
      }
    }
    const rejection = decodeText(stream, bytes, start, end, row);
    if (found === INVALID_RECORD && rejection) verdicts.learn(reader.sign, rejection);
    return rejection;
  };
}

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");
const EMPTY_VALUE = reject("empty value", "The value has no bytes.");
const standsTwice = (name: string) =>
  reject("duplicate name", `The name ${JSON.stringify(name)} stands twice in the record.`);

/** The long way: what is taken or not, and why, is decided here. */
function decodeText(
  { schema, fields }: Stream,
  bytes: Uint8Array,
  start: number,
  end: number,
  row: Float64Array,
): Rejection | undefined {
  const behind = endOfJson(bytes, start, end);
  if (behind !== end) return rejectInvalidJson(bytes, start, end, isInvalid(behind) ? ~behind : behind);
  const text = utf8.decode(bytes.subarray(start, end));
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // Never seen; but it has the last word.
    return reject("not JSON", (error as Error).message);
  }
  const result = safeParse(schema, parsed);
  if (!result.success) {
    return reject("invalid record", result.error.issues.map(({ message }) => message).join("; "));
  }
  const twice = findDuplicateName(text);
  if (twice !== undefined) return standsTwice(twice);
  for (let f = 0; f < fields.length; f++) row[f] = fieldValue(result.data, fields[f]!);
  return undefined;
}

/** Index behind the JSON text that bytes begin with and the white space after it; where there is none, what {@link isInvalid} takes. */
function endOfJson(bytes: Uint8Array, start: number, end: number): number {
  const at = skipper.value(bytes, skipSpace(bytes, start, end), end, MAX_DEPTH);
  return isInvalid(at) ? at : skipSpace(bytes, at, end);
}

const skipper = new JsonSkipper();

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The issues of a record that is not valid. zod's own error writes them out as text besides, which takes longer than all the rest. */
class Issues {
  constructor(readonly issues: readonly z.core.$ZodIssue[]) {}
}
const safeParse = z.core._safeParse(Issues as unknown as z.core.$ZodErrorClass);
