/**
 * Corrupts records on purpose, to test how the consumer rejects them.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { createEncoder } from "../shared/codec/encoder.ts";
import { createRowDecoder, decodeValue, type RowDecoder } from "../shared/codec/row_decoder.ts";
import { pick } from "../shared/generate/draw.ts";
import { bindDeclaredTypes } from "../shared/schema/bind_stream.ts";
import type { MemberColumn, Random, Stream } from "../shared/stream.ts";
import { rawJSON } from "../shared/types/decimal.ts";
import { RowBuffer } from "../shared/types/row_buffer.ts";

/** A value that Kafka can store. */
export type Value = string | Buffer | null;

/** Corruptions of a record's JSON text. Whether a stream rejects the result depends on its schema. */
const OF_TEXT: readonly ((text: string) => Value)[] = [
  () => null,
  () => "",
  (text) => text.slice(0, -1),
  (text) => `[${text}]`,
  (text) => `${text}\0`,
  (text) => Buffer.concat([Buffer.from(text), Buffer.of(0xff)]),
  (text) => `${text.slice(0, -1)},"deep":${"[".repeat(200)}${"]".repeat(200)}}`,
  (text) => text.replace(/^\{("(?:[^"\\]|\\.)*":)/, "{$10,$1"),
  () => "null",
  () => '{"__proto__":{}}',
  () => `<script>alert("${"x".repeat(20)}")</script>`,
];

/** Values of a member; `undefined` removes it. */
const OF_MEMBER: readonly unknown[] = [
  undefined,
  null,
  true,
  -1,
  2_147_483_648.5,
  rawJSON("1e400"),
  rawJSON("123456789012345678901234567890"),
  "",
  "7",
  "\0",
  "x".repeat(300),
  [],
  {},
];

/** Share of the corruptions that change a member. */
const MEMBER_SHARE = 0.5;
const ATTEMPTS_MAX = 20;

/** Corrupts the records of a stream, so that the consumer rejects them. */
export class Corrupter {
  readonly #members: readonly MemberColumn[];
  readonly #decode: RowDecoder;
  readonly #isTombstoneValid: boolean;
  readonly #encode = createEncoder();
  readonly #rows = new RowBuffer();

  constructor(private readonly stream: Stream) {
    const { columns, write } = stream;
    this.#members = columns.filter((column) => "path" in column).filter(({ path }) => path.length > 0);
    this.#decode = createRowDecoder(bindDeclaredTypes(stream));
    this.#isTombstoneValid = write?.mode === "upsert" && write.tombstones !== "reject";
  }

  /**
   * Makes a valid record invalid in a random way.
   *
   * @param text the record as JSON
   * @returns the text itself if the stream accepts everything
   */
  corrupt(record: unknown, text: string, key: string | null, random: Random): Value {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      const value = this.#corrupted(record, text, random);
      if (this.isRejected(value, key)) return value;
    }
    return OF_TEXT.map((corrupt) => corrupt(text)).find((value) => this.isRejected(value, key)) ?? text;
  }

  /** Whether the consumer rejects a value. */
  isRejected(value: Value, key: string | null): boolean {
    if (value === null) return !this.#isTombstoneValid;
    const bytes = typeof value === "string" ? Buffer.from(value) : value;
    this.#rows.length = 0;
    return decodeValue(this.#decode, bytes, this.#rows, metadata(this.stream.topic, key)) !== undefined;
  }

  #corrupted(record: unknown, text: string, random: Random): Value {
    if (this.#members.length === 0 || random() >= MEMBER_SHARE) return pick(random, OF_TEXT)(text);
    return this.#encode(replaceMember(record, pick(random, this.#members).path, pick(random, OF_MEMBER)));
  }
}

/** A copy of a record with another value at a path; `undefined` removes the member. */
function replaceMember(record: unknown, [step, ...rest]: MemberColumn["path"], value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(record)) {
    return record.map((item, i) => i === step ? replaceMember(item, rest, value) : item);
  }
  if (typeof record !== "object" || record === null) return value;
  const before = (record as Record<string, unknown>)[step];
  return { ...record, [step]: replaceMember(before, rest, value) };
}

const metadata = (topic: string, key: string | null) => ({
  topic,
  partition: 0,
  offset: 0,
  timestamp: 0,
  key: () => key === null ? null : Buffer.from(key),
  headers: () => [],
});
