/**
 * A growing buffer for rows in PostgreSQL's binary COPY format.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
 * @module
 */
import { Buffer } from "node:buffer";

const INITIAL_SIZE_BYTES = 4_096;

const TWO_32 = 4_294_967_296;

/** Up to this size a loop is faster than a call of TypedArray.set(). */
const LOOP_COPY_BYTES_MAX = 64;

/**
 * Appends binary values in network byte order. Callers that use `bytes` and `view` directly first call {@link reserve}, which may replace
 * both.
 */
export class RowBuffer {
  bytes: Buffer;
  view: DataView;
  /** Number of bytes written. May be set to a smaller value to remove the last bytes. */
  length = 0;

  constructor(sizeBytes: number = INITIAL_SIZE_BYTES) {
    this.bytes = Buffer.allocUnsafeSlow(Math.max(1, sizeBytes));
    this.view = new DataView(this.bytes.buffer);
  }

  /** Ensures that `count` more bytes fit. */
  reserve(count: number): void {
    const needed = this.length + count;
    if (needed <= this.bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
    this.view = new DataView(larger.buffer);
  }

  /** The bytes written so far, not copied. */
  written(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  int16(value: number): void {
    this.reserve(2);
    this.view.setInt16(this.length, value);
    this.length += 2;
  }

  int32(value: number): void {
    this.reserve(4);
    this.view.setInt32(this.length, value);
    this.length += 4;
  }

  int64(value: bigint): void {
    this.reserve(8);
    this.view.setBigInt64(this.length, value);
    this.length += 8;
  }

  /** Appends a whole number below 2^53 as INT64. */
  safeInt64(value: number): void {
    this.reserve(8);
    const high = Math.floor(value / TWO_32);
    this.view.setInt32(this.length, high);
    this.view.setUint32(this.length + 4, value - high * TWO_32);
    this.length += 8;
  }

  float32(value: number): void {
    this.reserve(4);
    this.view.setFloat32(this.length, value);
    this.length += 4;
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.length, value);
    this.length += 8;
  }

  /** Appends the bytes of `source` from `start` to `end` (exclusive). */
  copy(source: Uint8Array, start: number, end: number): void {
    const count = end - start;
    this.reserve(count);
    if (count > LOOP_COPY_BYTES_MAX) this.bytes.set(source.subarray(start, end), this.length);
    else {
      const { bytes, length } = this;
      for (let i = 0; i < count; i++) bytes[length + i] = source[start + i]!;
    }
    this.length += count;
  }

  /** Appends a text in UTF-8. */
  text(text: string): void {
    this.reserve(3 * text.length);
    this.length += this.bytes.write(text, this.length);
  }

  /** Appends NULL. */
  null(): void {
    this.int32(-1);
  }

  /** Begins a value of unknown size; returns the position for {@link endValue}. */
  beginValue(): number {
    this.int32(0);
    return this.length;
  }

  /** Writes the length of the value that began at `start`. */
  endValue(start: number): void {
    this.view.setInt32(start - 4, this.length - start);
  }
}
