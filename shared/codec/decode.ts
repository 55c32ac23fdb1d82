/**
 * From a Kafka value to a row of numbers, or to the reason why there is none.
 *
 * @module
 */
import { isUtf8 } from "node:buffer";
import { z } from "zod";
import { escapeUnprintable } from "../escape.ts";
import { fieldValue, type Stream } from "../stream.ts";
import { duplicateName, isDeeperThan, MAX_DEPTH } from "./json_text.ts";
import { memberReader } from "./members.ts";
import { plainReader } from "./plain.ts";

/** Why a record was rejected. The first words are the same for all of a kind, so that they can be counted. */
export type Reason =
  | "no value"
  | "empty value"
  | "not UTF-8"
  | "not JSON"
  | "nested too deep"
  | "duplicate name"
  | "invalid record"
  | "refused by the database";

/** Why a record is not stored in its table. */
export interface Rejection {
  readonly reason: Reason;
  /** What exactly is wrong, for people. */
  readonly detail: string;
}

/** Longest detail that is kept, in UTF-16 code units. */
const MAX_DETAIL = 500;

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
  return (bytes, start, length, row) => {
    if (length < 0) return NO_VALUE;
    if (length === 0) return EMPTY_VALUE;
    const end = start + length;
    if (readPlain(bytes, start, end, row) || readMembers(bytes, start, end, row)) return undefined;
    return withoutStacks(() => decodeText(stream, bytes.subarray(start, end), row));
  };
}

const NO_VALUE = reject("no value", "The record has no value (a tombstone).");
const EMPTY_VALUE = reject("empty value", "The value has no bytes.");

/** The long way: what is taken or not, and why, is decided here. */
function decodeText(stream: Stream, value: Uint8Array, row: Float64Array): Rejection | undefined {
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
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (error) {
    return reject("not JSON", (error as Error).message);
  }
  const result = safeParse(stream.schema, parsed);
  if (!result.success) {
    return reject("invalid record", result.error.issues.map(({ message }) => message).join("; "));
  }
  const twice = duplicateName(text);
  if (twice !== undefined) {
    return reject("duplicate name", `The name ${JSON.stringify(twice)} stands twice in the record.`);
  }
  for (let f = 0; f < stream.fields.length; f++) row[f] = fieldValue(result.data, stream.fields[f]!);
  return undefined;
}

const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** The issues of a record that is not valid. zod's own error writes them out as text besides, which takes longer than all the rest. */
class Issues {
  constructor(readonly issues: readonly z.core.$ZodIssue[]) {}
}
const safeParse = z.core._safeParse(Issues as unknown as z.core.$ZodErrorClass);

/** Runs something that makes errors for their messages only: collecting a stack for each would take longer than all the rest. */
function withoutStacks<T>(work: () => T): T {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 0;
  try {
    return work();
  } finally {
    Error.stackTraceLimit = limit;
  }
}

/**
 * A rejection whose detail PostgreSQL can store and a terminal can show, whatever of the value it quotes: no lone surrogate, no NUL
 * or other control character, and not as long as the value may be.
 */
export function reject(reason: Reason, detail: string): Rejection {
  // Cut first, so that no more is escaped than is kept.
  const text = escapeUnprintable(detail.slice(0, MAX_DETAIL));
  const cut = detail.length > MAX_DETAIL || text.length > MAX_DETAIL;
  return { reason, detail: (cut ? `${text.slice(0, MAX_DETAIL)}…` : text).toWellFormed() };
}
