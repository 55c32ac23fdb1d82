/**
 * Rejected records as rows of `rejected_records` in the binary COPY format. There may be many of them; an object per record would take
 * more memory than its content.
 *
 * @see https://www.postgresql.org/docs/current/sql-copy.html#SQL-COPY-FILE-FORMATS-BINARY
 * @module
 */
import { Buffer } from "node:buffer";
import type { Reason, Rejection } from "../../shared/codec/rejection.ts";
import { escapeNonAscii } from "../../shared/escape.ts";
import type { RecordHeaders } from "../../shared/kafka/records/record_reader.ts";
import type { RejectedRecord } from "../../shared/schema/rejected_records.ts";
import { headersSize, readHeaders, writeHeaders } from "./rejected_headers.ts";

/** Number of columns that the consumer writes. */
const COLUMNS = 9;
/** Number of columns that tables of previous versions have, too: all but the last ones. */
const ORIGINAL_COLUMNS = 7;
/** Index of the column `reason`, whose values are ASCII. */
const REASON_COLUMN = 5;

/** Rejected records of a partition, in the order of their offsets. */
export class RejectedRows implements Iterable<RejectedRecord> {
  /** No records. */
  static readonly NONE: RejectedRows = new RejectedRows(new Uint8Array(0), 0);

  constructor(
    /** Rows in PostgreSQL's binary COPY format, without header and trailer. */
    readonly rows: Uint8Array,
    readonly count: number,
  ) {}

  /** Iterates over the records. Keys and values are views of the rows. */
  *[Symbol.iterator](): Iterator<RejectedRecord> {
    for (const { record } of this.#read()) yield record;
  }

  /** The records with offsets `from` (inclusive) to `to` (exclusive). */
  between(from: number, to: number): RejectedRows {
    let start = this.rows.length, end = start, count = 0;
    for (const { record: { offset }, at, next } of this.#read()) {
      if (offset < from || offset >= to) continue;
      if (count++ === 0) start = at;
      end = next;
    }
    return new RejectedRows(this.rows.subarray(start, end), count);
  }

  /** Appends other records. */
  concat(others: RejectedRows): RejectedRows {
    return new RejectedRows(Buffer.concat([this.rows, others.rows]), this.count + others.count);
  }

  /** Escapes non-ASCII characters in details, so that a database of any encoding can store them. Topics and reasons are ASCII. */
  toAscii(): RejectedRows {
    const writer = new RejectedWriter();
    for (const record of this) writer.addRecord({ ...record, detail: escapeNonAscii(record.detail) });
    return writer.flush();
  }

  /** The rows without the columns that a table of a previous version lacks. */
  originalColumns(): Uint8Array {
    const columns = Buffer.of(0, ORIGINAL_COLUMNS);
    return Buffer.concat(
      Array.from(this.#read(), ({ at, addedAt }) => [columns, this.rows.subarray(at + 2, addedAt)]).flat(),
    );
  }

  /** The number of records by reason. Skips the other columns: there may be many records. */
  countByReason(): Map<string, number> {
    const counts = new Map<string, number>();
    const rows = Buffer.from(this.rows.buffer, this.rows.byteOffset, this.rows.length);
    for (let at = 0; at < rows.length;) {
      at += 2;
      for (let column = 0; column < COLUMNS; column++) {
        const start = at + 4, length = Math.max(0, rows.readInt32BE(at));
        at = start + length;
        if (column !== REASON_COLUMN) continue;
        const reason = rows.toString("latin1", start, at);
        counts.set(reason, (counts.get(reason) ?? 0) + 1);
      }
    }
    return counts;
  }

  /** Fields of a log line. */
  toJSON(): unknown {
    return Array.from(this, ({ offset, reason, detail }) => ({ offset, reason, detail }));
  }

  *#read(): Generator<{ record: RejectedRecord; at: number; addedAt: number; next: number }> {
    const rows = Buffer.from(this.rows.buffer, this.rows.byteOffset, this.rows.length);
    let next = 0;
    const field = () => {
      const length = rows.readInt32BE(next);
      const start = next + 4;
      next = start + Math.max(0, length);
      return length < 0 ? null : rows.subarray(start, next);
    };
    while (next < rows.length) {
      const at = next;
      next += 2;
      const original = {
        topic: String(field()),
        partition: field()!.readInt32BE(),
        offset: Number(field()!.readBigInt64BE()),
        key: field(),
        value: field(),
        reason: String(field()),
        detail: String(field()),
      };
      const addedAt = next;
      const timestamp = Number(field()?.readBigInt64BE() ?? -1), headers = readHeaders(field()!);
      yield { record: { ...original, timestamp, headers }, at, addedAt, next };
    }
  }
}

/** Positions of a record's key and value in a record batch, and its headers; a length of −1 means null. */
export interface RecordContent {
  readonly keyStart: number;
  readonly keyLength: number;
  readonly valueStart: number;
  readonly valueLength: number;
  headers(): RecordHeaders;
}

/** Bytes of a row besides texts, key, value and headers: the field count, the lengths, partition, offset and timestamp. */
const ROW_OVERHEAD_BYTES = 2 + COLUMNS * 4 + 4 + 8 + 8;
/** Maximum of a `bigint`, as precisely as a number can be below it. */
const BIGINT_MAX = 2 ** 63 - 1024;
/** Maximum number of UTF-8 bytes per UTF-16 code unit. */
const CODE_UNIT_BYTES_MAX = 3;
/** Up to this size a loop is faster than a call of TypedArray.set(). */
const LOOP_COPY_BYTES_MAX = 256;
const INITIAL_SIZE_BYTES = 65_536;
const NO_BYTES = new Uint8Array(0);

const viewOf = ({ buffer, byteOffset, length }: Uint8Array) => new DataView(buffer, byteOffset, length);

/** Writes rows of rejected records into a reusable buffer. */
export class RejectedWriter {
  #rows = Buffer.allocUnsafeSlow(INITIAL_SIZE_BYTES);
  #view = viewOf(this.#rows);
  #at = 0;
  #count = 0;

  /** Bytes added since the last {@link flush}. */
  get length(): number {
    return this.#at;
  }

  /** Adds a record whose key and value are in `bytes`. */
  add(
    { topic, partition, offset, timestamp }: Pick<
      RejectedRecord,
      "topic" | "partition" | "offset" | "timestamp"
    >,
    bytes: Uint8Array,
    content: RecordContent,
    { reason, detail }: Rejection,
  ): void {
    const { keyStart, keyLength, valueStart, valueLength } = content, headers = content.headers();
    const headersBytes = headersSize(headers);
    this.#reserve(
      ROW_OVERHEAD_BYTES + Math.max(0, keyLength) + Math.max(0, valueLength) + headersBytes +
        CODE_UNIT_BYTES_MAX * (topic.length + reason.length + detail.length),
    );
    this.#view.setInt16(this.#at, COLUMNS);
    this.#at += 2;
    this.#text(topic);
    this.#int(4);
    this.#int(partition);
    this.#bigint(offset);
    this.#bytes(bytes, keyStart, keyLength);
    this.#bytes(bytes, valueStart, valueLength);
    this.#text(reason);
    this.#text(detail);
    if (timestamp < 0) this.#int(-1);
    else this.#bigint(Math.min(timestamp, BIGINT_MAX));
    this.#int(headersBytes);
    writeHeaders(headers, this.#rows, this.#at);
    this.#at += headersBytes;
    this.#count++;
  }

  /** Adds a record with its key and value. */
  addRecord({ key, value, headers, reason, detail, ...at }: RejectedRecord): void {
    const bytes = Buffer.concat([key ?? NO_BYTES, value ?? NO_BYTES]);
    const keyLength = key?.length ?? -1, valueStart = key?.length ?? 0, valueLength = value?.length ?? -1;
    const content = { keyStart: 0, keyLength, valueStart, valueLength, headers: () => headers };
    this.add(at, bytes, content, { reason: reason as Reason, detail });
  }

  /** Returns a copy of the rows added since the last call. */
  flush(): RejectedRows {
    if (this.#count === 0) return RejectedRows.NONE;
    const flushed = new RejectedRows(Buffer.allocUnsafeSlow(this.#at), this.#count);
    flushed.rows.set(this.#rows.subarray(0, this.#at));
    this.#at = 0;
    this.#count = 0;
    return flushed;
  }

  #reserve(size: number): void {
    if (this.#at + size <= this.#rows.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(this.#at + size, 2 * this.#rows.length));
    this.#rows.copy(larger, 0, 0, this.#at);
    this.#rows = larger;
    this.#view = viewOf(larger);
  }

  /** Writes the lowest 32 bits of an integer. */
  #int(value: number): void {
    this.#view.setInt32(this.#at, value);
    this.#at += 4;
  }

  /** Writes the length and the value of a `bigint`: as two halves, since a JavaScript bigint would allocate an object per record. */
  #bigint(value: number): void {
    this.#int(8);
    this.#int(Math.floor(value / 2 ** 32));
    this.#int(value);
  }

  #bytes(source: Uint8Array, start: number, length: number): void {
    this.#int(length);
    const rows = this.#rows, at = this.#at;
    if (length <= LOOP_COPY_BYTES_MAX) { for (let i = 0; i < length; i++) rows[at + i] = source[start + i]!; }
    else rows.set(source.subarray(start, start + length), at);
    this.#at = at + Math.max(0, length);
  }

  #text(text: string): void {
    const rows = this.#rows;
    const at = this.#at + 4;
    // Nearly all text is ASCII, which is checked while it is written.
    let all = 0;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      all |= unit;
      rows[at + i] = unit;
    }
    const length = all <= 0x7f ? text.length : rows.write(text, at, "utf8");
    this.#view.setInt32(this.#at, length);
    this.#at = at + length;
  }
}
