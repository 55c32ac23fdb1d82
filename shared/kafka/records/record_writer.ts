/**
 * Encodes records of a record batch (magic 2) one after another into one buffer.
 *
 * ```
 * Record => Length (varint) Attributes (INT8) TimestampDelta (varlong) OffsetDelta (varint)
 *           KeyLength (varint) Key ValueLength (varint) Value HeadersCount (varint) [Header]
 * ```
 *
 * A varint is zigzag-encoded with seven bits per byte, lowest first. A length of −1 stands for null.
 *
 * @see https://kafka.apache.org/documentation/#record
 * @module
 */
import { Buffer } from "node:buffer";

/** The encoded size of a varint, in bytes. @param value an integer, at most 2^52 in magnitude */
export function varintSize(value: number): number {
  // Zigzag encodes 0, −1, 1, −2 … as 0, 1, 2, 3 …
  let rest = value < 0 ? -2 * value - 1 : 2 * value;
  let size = 1;
  for (; rest >= 128; rest = Math.floor(rest / 128)) size++;
  return size;
}

/** Maximum size of a record's length field. */
const LENGTH_MAX_BYTES = 5;
const INITIAL_BUFFER_BYTES = 65_536;

/** Encodes the records of one batch. {@link clear} makes it reusable, and keeps its buffer. */
export class RecordWriter {
  #bytes = Buffer.allocUnsafeSlow(INITIAL_BUFFER_BYTES);
  #end = 0;
  #count = 0;
  #first = 0;
  #max = 0;

  /** Number of records. */
  get count(): number {
    return this.#count;
  }

  /** Size of the encoded records, in bytes. */
  get size(): number {
    return this.#end;
  }

  /** Timestamp of the first record, Unix ms. */
  get firstTimestamp(): number {
    return this.#first;
  }

  /** Maximum timestamp, Unix ms. */
  get maxTimestamp(): number {
    return this.#max;
  }

  /** The encoded records, not copied: valid until the next {@link add} or {@link clear}. */
  get bytes(): Buffer {
    return this.#bytes.subarray(0, this.#end);
  }

  clear(): void {
    this.#end = 0;
    this.#count = 0;
  }

  /**
   * Adds a record without headers. Strings are encoded as UTF-8.
   *
   * @param timestamp Unix ms
   */
  add(timestamp: number, key: string | Uint8Array | null, value: string | Uint8Array | null): void {
    // Nearly all strings are ASCII: their length in bytes is known, and #field() detects others while copying.
    if (!this.#tryAdd(timestamp, key, value)) this.#tryAdd(timestamp, bytesOf(key), bytesOf(value));
  }

  /** Adds a record if its strings are ASCII; otherwise changes nothing and returns false. */
  #tryAdd(timestamp: number, key: string | Uint8Array | null, value: string | Uint8Array | null): boolean {
    const first = this.#count === 0 ? timestamp : this.#first;
    const timestampDelta = timestamp - first;
    const keySize = key === null ? -1 : key.length, valueSize = value === null ? -1 : value.length;
    const body = 1 + varintSize(timestampDelta) + varintSize(this.#count) +
      varintSize(keySize) + Math.max(0, keySize) + varintSize(valueSize) + Math.max(0, valueSize) + 1;
    this.#reserve(LENGTH_MAX_BYTES + body);
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
    // Bit operations have 32 bits. Larger values, which only timestamp deltas can have, are divided.
    for (; rest > 0x7fffffff; rest = Math.floor(rest / 128)) bytes[this.#end++] = (rest % 128) | 0x80;
    for (; rest >= 128; rest >>>= 7) bytes[this.#end++] = (rest & 0x7f) | 0x80;
    bytes[this.#end++] = rest;
  }

  /** @returns false if the field is a string that is not ASCII */
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
    // For short strings a loop is faster than Buffer.write().
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
