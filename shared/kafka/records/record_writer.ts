/**
 * Records as they lie in a record batch (magic 2): written one behind another into one buffer, and read where they lie, without an
 * object for each.
 *
 * ```
 * Record => Length (varint) Attributes (INT8) TimestampDelta (varlong) OffsetDelta (varint)
 *           KeyLength (varint) Key ValueLength (varint) Value HeadersCount (varint) [Header]
 * ```
 *
 * A varint is a signed number, zigzag-encoded, seven bits a byte, lowest first; a length of −1 stands for null.
 *
 * @see https://kafka.apache.org/documentation/#record
 * @module
 */
import { Buffer } from "node:buffer";

/** Bytes that a zigzag varint of `value` takes, a whole number of at most 2^52 in size. */
export function varintSize(value: number): number {
  // Zigzag: 0, −1, 1, −2 … become 0, 1, 2, 3 …
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let size = 1;
  for (; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Bytes that the length of a record takes at most. */
const MOST_LENGTH = 5;
/** Bytes that a writer begins with; it grows to what its batches need. */
const FIRST_SIZE = 65_536;

/** Writes records of one batch. It can be cleared and used again; its buffer stays as large as it became. */
export class RecordWriter {
  #bytes = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #end = 0;
  #count = 0;
  #first = 0;
  #max = 0;

  /** Records written. */
  get count(): number {
    return this.#count;
  }

  /** Bytes written. */
  get size(): number {
    return this.#end;
  }

  /** Timestamp of the first record, Unix milliseconds. */
  get firstTimestamp(): number {
    return this.#first;
  }

  /** Greatest timestamp, Unix milliseconds. */
  get maxTimestamp(): number {
    return this.#max;
  }

  /** What is written, uncopied: valid until the next {@link add} or {@link clear}. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  /** Forgets all records. */
  clear(): void {
    this.#end = 0;
    this.#count = 0;
  }

  /**
   * Adds a record without headers. Text becomes UTF-8.
   *
   * @param timestamp Unix milliseconds
   */
  add(timestamp: number, key: string | Uint8Array | null, value: string | Uint8Array | null): void {
    // Nearly all text is ASCII, whose length in bytes needs no counting; that it is shows while it is written.
    if (!this.#tryAdd(timestamp, key, value)) this.#tryAdd(timestamp, bytesOf(key), bytesOf(value));
  }

  /** Adds a record whose text is ASCII, or changes nothing and returns false. */
  #tryAdd(timestamp: number, key: string | Uint8Array | null, value: string | Uint8Array | null): boolean {
    const first = this.#count === 0 ? timestamp : this.#first;
    const timestampDelta = timestamp - first;
    const keySize = key === null ? -1 : key.length, valueSize = value === null ? -1 : value.length;
    const body = 1 + varintSize(timestampDelta) + varintSize(this.#count) +
      varintSize(keySize) + Math.max(0, keySize) + varintSize(valueSize) + Math.max(0, valueSize) + 1;
    this.#reserve(MOST_LENGTH + body);
    const start = this.#end;
    this.#varint(body);
    this.#bytes[this.#end++] = 0;
    this.#varint(timestampDelta);
    this.#varint(this.#count);
    if (!this.#field(key, keySize) || !this.#field(value, valueSize)) {
      this.#end = start;
      return false;
    }
    this.#bytes[this.#end++] = 0;
    this.#first = first;
    this.#max = this.#count === 0 ? timestamp : Math.max(this.#max, timestamp);
    this.#count++;
    return true;
  }

  #reserve(size: number): void {
    if (this.#end + size <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#end + size, 2 * this.#bytes.length));
    this.#bytes.copy(larger, 0, 0, this.#end);
    this.#bytes = larger;
  }

  #varint(value: number): void {
    const bytes = this.#bytes;
    let rest = value < 0 ? -2 * value - 1 : 2 * value;
    // Bit operations are for 32 bits only; what is larger, a timestamp's delta at most, is divided.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) bytes[this.#end++] = (rest % 128) | 0x80;
    for (; rest >= 128; rest >>>= 7) bytes[this.#end++] = (rest & 0x7f) | 0x80;
    bytes[this.#end++] = rest;
  }

  /** @returns false where text is not ASCII */
  #field(field: string | Uint8Array | null, size: number): boolean {
    this.#varint(size);
    if (field === null) return true;
    const bytes = this.#bytes;
    const at = this.#end;
    this.#end += size;
    if (typeof field !== "string") {
      bytes.set(field, at);
      return true;
    }
    // Short as it is, a loop costs less than a call out of JavaScript.
    let all = 0;
    for (let i = 0; i < size; i++) {
      const unit = field.charCodeAt(i);
      all |= unit;
      bytes[at + i] = unit;
    }
    return all <= 0x7f;
  }
}

const bytesOf = (field: string | Uint8Array | null) => typeof field === "string" ? Buffer.from(field) : field;

/** Bytes that are no records. */
export class MalformedRecordError extends RangeError {
  override readonly name: string = "MalformedRecordError";
}

/** Reads records one after another. It is its own cursor: the properties are those of the record that {@link next} went to. */
export class RecordReader {
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  #end = 0;

  /** Milliseconds after the batch's first timestamp; exact up to 2^52, which is 140,000 years. */
  timestampDelta = 0;
  /** Offset after the batch's base offset. */
  offsetDelta = 0;
  /** Where the key begins, and its length; −1 for null. */
  keyStart = 0;
  keyLength = -1;
  /** Where the value begins, and its length; −1 for null. */
  valueStart = 0;
  valueLength = -1;

  /** Begins with the first of the records that `bytes` are. */
  reset(bytes: Uint8Array): void {
    this.#bytes = bytes;
    this.#at = 0;
    this.#end = bytes.length;
  }

  /**
   * Goes to the next record. Headers are passed over.
   *
   * @throws {MalformedRecordError} where the bytes are no record
   */
  next(): void {
    const length = this.#varint();
    const start = this.#at;
    const end = start + length;
    if (!(length > 0 && end <= this.#end)) {
      throw new MalformedRecordError(
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
      throw new MalformedRecordError(`A record's key or value exceeds its ${length} bytes`);
    }
    this.#at = this.valueStart + Math.max(0, this.valueLength);
    // Nearly always there are none, which is a zero.
    if (this.#bytes[this.#at] === 0) this.#at++;
    else this.#skipHeaders(end);
    if (this.#at !== end) {
      throw new MalformedRecordError(`A record of ${length} bytes is ${this.#at - start} bytes long`);
    }
  }

  /** @throws {MalformedRecordError} when there are more records than were read */
  finish(): void {
    if (this.#at !== this.#end) {
      throw new MalformedRecordError(`After its last record there are ${this.#end - this.#at} bytes left`);
    }
  }

  #skipHeaders(end: number): void {
    for (let left = this.#varint(); left > 0; left--) {
      if (!(this.#at < end)) throw new MalformedRecordError("A record's headers exceed it");
      for (let field = 0; field < 2; field++) {
        const length = this.#varint();
        this.#at += Math.max(0, length);
      }
    }
  }

  /** The key, uncopied. */
  key(): Buffer | null {
    return view(this.#bytes, this.keyStart, this.keyLength);
  }

  /** The value, uncopied. */
  value(): Buffer | null {
    return view(this.#bytes, this.valueStart, this.valueLength);
  }

  #varint(): number {
    const bytes = this.#bytes;
    let byte = bytes[this.#at++]!;
    if (byte < 128) return (byte >>> 1) ^ -(byte & 1);
    let value = byte & 0x7f;
    byte = bytes[this.#at++]!;
    value |= (byte & 0x7f) << 7;
    if (byte < 128) return (value >>> 1) ^ -(value & 1);
    // Longer ones are rare, and may exceed the 32 bits of bit operations.
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
