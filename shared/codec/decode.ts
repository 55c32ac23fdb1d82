/**
 * From a Kafka value to a row of numbers, or to the reason why there is none.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { fieldValue, type Stream } from "../stream.ts";
import { Faults } from "./faults.ts";
import { duplicateName, isDeeperThan, MAX_DEPTH } from "./json_text.ts";
import { memberReader } from "./members.ts";
import { plainReader } from "./plain.ts";
import { reject, type Rejection } from "./rejection.ts";
import { isInvalid, JsonSkipper, skipSpace } from "./skip.ts";

/** Decodes a value into `row` (a number for each field of the stream), or says why it can't be. */
export type Decoder = (value: Uint8Array | null, row: Float64Array) => Rejection | undefined;

/**
 * The same for the value that lies in `bytes` from `start` on, `length` bytes of them; a length of −1 stands for null. Nothing is made
 * of a valid record but its numbers.
 */
export type DecoderInPlace = (
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
 * assert.equal(decoder(routes!)(value, row), undefined);
 * assert.deepEqual([...row], [3, 1.5, 48.8, 2.3]);
 * ```
 */
export function decoder(stream: Stream): Decoder {
  const decode = decoderInPlace(stream);
  const nothing = new Uint8Array(0);
  return (value, row) => decode(value ?? nothing, 0, value?.length ?? -1, row);
}

/** A decoder of a stream's records where they lie. */
export function decoderInPlace(stream: Stream): DecoderInPlace {
  const readPlain = plainReader(stream);
  const readMembers = memberReader(stream);
  const faults = new Faults(stream);
  return (bytes, start, length, row) => {
    if (length < 0) return NO_VALUE;
    if (length === 0) return EMPTY_VALUE;
    const end = start + length;
    if (readPlain(bytes, start, end, row) || readMembers(bytes, start, end, row)) return undefined;
    return faults.find(bytes, start, end) ??
      decodeText(stream, bytes.subarray(start, end), row, faults);
  };
}

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");
const EMPTY_VALUE = reject("empty value", "The value has no bytes.");

/** The long way: what is taken or not, and why, is decided here. */
function decodeText(
  { schema, fields }: Stream,
  value: Uint8Array,
  row: Float64Array,
  faults: Faults,
): Rejection | undefined {
  const end = endOfJson(value);
  if (end !== value.length) return notJson(value, isInvalid(end) ? ~end : end);
  const text = utf8.decode(value);
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    // Never seen; but it has the last word.
    return reject("not JSON", (error as Error).message);
  }
  const result = safeParse(schema, parsed);
  if (!result.success) {
    const rejection = reject("invalid record", result.error.issues.map(({ message }) => message).join("; "));
    faults.learn(rejection);
    return rejection;
  }
  const twice = duplicateName(text);
  if (twice !== undefined) {
    return reject("duplicate name", `The name ${JSON.stringify(twice)} stands twice in the record.`);
  }
  for (let f = 0; f < fields.length; f++) row[f] = fieldValue(result.data, fields[f]!);
  return undefined;
}

/** Index behind the JSON text that bytes begin with and the white space after it; where there is none, what {@link isInvalid} takes. */
function endOfJson(value: Uint8Array): number {
  const { length } = value;
  const end = skipper.value(value, skipSpace(value, 0, length), length, MAX_DEPTH);
  return isInvalid(end) ? end : skipSpace(value, end, length);
}

/** Why bytes are no JSON text that is taken. JSON.parse has a message, too, but takes ten times as long to make it. */
function notJson(value: Uint8Array, wrong: number): Rejection {
  // Asked beforehand, since the decoder's error costs as much as all the rest.
  if (!isUtf8(value)) return reject("not UTF-8", "The value is not UTF-8 text.");
  const text = utf8.decode(value);
  if (text.startsWith("\uFEFF")) {
    return reject(
      "not JSON",
      "The value begins with a byte order mark, which JSON does not allow (RFC 8259, section 8.1).",
    );
  }
  if (isDeeperThan(text, MAX_DEPTH)) {
    return reject("nested too deep", `The value is nested deeper than ${MAX_DEPTH} levels.`);
  }
  if (wrong >= value.length) {
    return reject("not JSON", `The value ends after ${value.length} bytes, before it is complete.`);
  }
  const [character] = utf8.decode(value.subarray(wrong, wrong + 4));
  return reject("not JSON", `Unexpected ${JSON.stringify(character)} at byte ${wrong} of ${value.length}.`);
}

const skipper = new JsonSkipper();

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The issues of a record that is not valid. zod's own error writes them out as text besides, which takes longer than all the rest. */
class Issues {
  constructor(readonly issues: readonly z.core.$ZodIssue[]) {}
}
const safeParse = z.core._safeParse(Issues as unknown as z.core.$ZodErrorClass);
