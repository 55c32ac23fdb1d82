/**
 * Reads the records of a record batch (magic 2) in place, without an object per record. See `record_writer.ts` for the format.
 *
 * @module
 */
import { Buffer } from "node:buffer";

/** Bytes that are not records. */
export class CorruptRecordError extends RangeError {
  override readonly name: string = "CorruptRecordError";
}

/** Names and values of a record's headers, in their order; null for one without a value. */
export type RecordHeaders = readonly (readonly [name: Buffer | null, value: Buffer | null])[];

/** The headers with their names as text. */
export const namedHeaders = (headers: RecordHeaders): [name: string, value: Buffer | null][] =>
  headers.map(([name, value]) => [name?.toString("utf8") ?? "", value]);

/** A cursor: its properties are those of the current record, which {@link next} advances. */
export class RecordReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** Milliseconds after the batch's first timestamp. Exact up to 2^52 (140,000 years). */
  timestampDelta = 0;
  /** Offset after the batch's base offset. */
  offsetDelta = 0;
  /** Start and length of the key; length −1 for null. */
  keyStart = 0;
  keyLength = -1;
  /** Start and length of the value; length −1 for null. */
  valueStart = 0;
  valueLength = -1;
  /** Start of the headers: their number, then the headers. */
  headersStart = 0;

  /** Positions the cursor before the first record. @param bytes the records of a batch, decompressed */
  reset(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  /**
   * Advances to the next record. Skips its headers.
   *
   * @throws {CorruptRecordError} if the bytes are not a record
   */
  next(): void {
    const length = this.#varint();
    const start = this.#at;
    const end = start + length;
    if (!(length > 0 && end <= this.#end)) {
      throw new CorruptRecordError(
        `A record of ${length} bytes at byte ${start} exceeds the ${this.#end} bytes of its batch`,
      );
    }
    this.#at++;
    this.timestampDelta = this.#varint();
    this.offsetDelta = this.#varint();
    this.keyLength = this.#varint();
    this.keyStart = this.#at;
    if (this.keyLength > 0) this.#at += this.keyLength;
    this.valueLength = this.#varint();
    this.valueStart = this.#at;
    if (
      this.valueStart + Math.max(0, this.valueLength) > end || this.keyLength < -1 || this.valueLength < -1
    ) {
      throw new CorruptRecordError(`A record's key or value exceeds its ${length} bytes`);
    }
    this.#at = this.headersStart = this.valueStart + Math.max(0, this.valueLength);
    // Most records have no headers.
    if (this.#bytes[this.#at] === 0) this.#at++;
    else this.#skipHeaders(end);
    if (this.#at !== end) {
      throw new CorruptRecordError(`A record of ${length} bytes is ${this.#at - start} bytes long`);
    }
  }

  /** @throws {CorruptRecordError} if bytes are left after the last record */
  finish(): void {
    if (this.#at !== this.#end) {
      throw new CorruptRecordError(`${this.#end - this.#at} bytes are left after its last record`);
    }
  }

  #skipHeaders(end: number): void {
    for (let left = this.#varint(); left > 0; left--) {
      if (!(this.#at < end)) throw new CorruptRecordError("A record's headers exceed the record");
      for (let field = 0; field < 2; field++) {
        const length = this.#varint();
        this.#at += Math.max(0, length);
      }
    }
  }

  /** The key, not copied. */
  key(): Buffer | null {
    return view(this.#bytes, this.keyStart, this.keyLength);
  }

  /** The value, not copied. */
  value(): Buffer | null {
    return view(this.#bytes, this.valueStart, this.valueLength);
  }

  /** The headers, not copied. @param start of their number: of any record of the batch */
  headers(start: number = this.headersStart): RecordHeaders {
    const next = this.#at;
    this.#at = start;
    const headers = Array.from(
      { length: this.#varint() },
      () => [this.#field(), this.#field()] as const,
    );
    this.#at = next;
    return headers;
  }

  /** Reads a length (−1: null) and as many bytes. */
  #field(): Buffer | null {
    const length = this.#varint(), start = this.#at;
    this.#at += Math.max(0, length);
    return view(this.#bytes, start, length);
  }

  #varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    byte = bytes[this.#at++]!;
    value |= (byte & 0x7f) << 7;
    if (byte < 128) return (value >>> 1) ^ -(value & 1);
    // Longer varints are rare, and may exceed the 32 bits of bit operations.
    let scale = 16_384;
    do {
      byte = bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      scale *= 128;
    } while (byte >= 128);
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
  }
}

const view = (bytes: Uint8Array, start: number, length: number): Buffer | null =>
  length < 0 ? null : Buffer.from(bytes.buffer, bytes.byteOffset + start, length);
