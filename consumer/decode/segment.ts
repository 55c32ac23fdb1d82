/**
 * A contiguous offset range of one partition, decoded into COPY rows and rejected records.
 *
 * @module
 */
import { type BoundStream, createRowDecoder, type RowDecoder } from "../../shared/codec/row_decoder.ts";
import { ReaderMetadata } from "../../shared/codec/reader_metadata.ts";
import { isOfColumn } from "../../shared/codec/rejection.ts";
import { CorruptBatchError } from "../../shared/kafka/records/corrupt_batch.ts";
import type { RecordBatch } from "../../shared/kafka/records/record_batch.ts";
import {
  CorruptRecordError,
  type RecordHeaders,
  RecordReader,
} from "../../shared/kafka/records/record_reader.ts";
import { rowEnd } from "../../shared/postgres/binary_copy.ts";
import type { Stream } from "../../shared/stream.ts";
import { RowBuffer } from "../../shared/types/row_buffer.ts";
import type { ColumnType } from "../../shared/types/column_type.ts";
import { upsertMode } from "../../shared/upsert_stream.ts";
import { RejectedRows, RejectedWriter } from "./rejected_rows.ts";

/** A record as received from Kafka. */
export interface RawRecord {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  /** Unix ms; negative: none. */
  readonly timestamp: number;
  /** Read on demand. */
  headers(): RecordHeaders;
}

/** A record that is stored as a row. */
export interface StoredRecord extends RawRecord {
  /** Where its row begins. The rows of a {@link part} keep the positions that they had in the whole segment. */
  readonly rowStart: number;
}

/** Offsets `from` (inclusive) to `to` (exclusive) of a partition. Offsets may lack a record (compaction, transaction markers). */
export interface Segment {
  readonly stream: Stream;
  /** The types of the columns, with which the rows were encoded. */
  readonly types: readonly ColumnType[];
  readonly typeOids?: readonly number[] | undefined;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** Rows in PostgreSQL's binary COPY format, without header and trailer. */
  readonly rows: Uint8Array;
  readonly rowCount: number;
  /** Whether some of the rows are tombstones, of a stream that deletes. */
  readonly hasTombstones: boolean;
  /** Whether some records are rejected because of a column's type. */
  readonly hasTypeRejections: boolean;
  /** The record of each row, decoded on first use: only needed for rows that the database rejects. */
  readonly records: () => readonly StoredRecord[];
  readonly rejected: RejectedRows;
  /** Timestamp of the oldest record, Unix ms. */
  readonly oldest: number | undefined;
  /** Approximate memory: the rows and the received record batches. */
  readonly bytes: number;
}

/**
 * Limit of the rows and rejected records of a segment. A row can be many times larger than its record, and a fetched batch contains
 * millions of small ones; what is left of it is fetched again.
 */
const SEGMENT_MAX_BYTES = 16 * 1024 * 1024;

/** The estimated size of a segment's rows exceeds that of the last segment by this factor. */
const ESTIMATE_MARGIN = 1.1;

/** Builds the segments of a stream. */
export class SegmentBuilder {
  readonly stream: Stream;
  readonly #reader = new RecordReader();
  readonly #meta: ReaderMetadata;
  readonly #rejected = new RejectedWriter();
  #bound: BoundStream;
  #decode: RowDecoder;
  /** Bytes of rows per byte received, in the last segment. */
  #ratio = 0.5;
  // State of the current segment.
  #rows = new RowBuffer(0);
  #rowCount = 0;
  #hasTombstones = false;
  #hasTypeRejections = false;
  #oldest: number | undefined;

  constructor(bound: BoundStream) {
    this.stream = bound.stream;
    this.#bound = bound;
    this.#decode = createRowDecoder(bound);
    this.#meta = new ReaderMetadata(bound.stream.topic, this.#reader);
  }

  /** The types of the table's columns have changed. */
  bind(bound: BoundStream): void {
    this.#bound = bound;
    this.#decode = createRowDecoder(bound);
  }

  /**
   * Decodes the record batches of a partition from offset `from` on. The segment ends earlier than at `to` if a batch cannot be read, or if
   * the rows become too large.
   *
   * @throws {CorruptBatchError} if the first batch cannot be read
   */
  build(partition: number, from: number, to: number, batches: readonly RecordBatch[]): Segment {
    const bytes = batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
    this.#rows = new RowBuffer(Math.min(SEGMENT_MAX_BYTES, Math.ceil(bytes * this.#ratio)));
    this.#rowCount = 0;
    this.#hasTombstones = false;
    this.#hasTypeRejections = false;
    this.#oldest = undefined;
    for (const [index, batch] of batches.entries()) {
      try {
        const end = this.#decodeBatch(batch, partition, from);
        if (end === undefined) continue;
        to = end;
        break;
      } catch (error) {
        if (!(error instanceof CorruptRecordError)) throw error;
        this.#rejected.flush();
        if (index > 0) return this.build(partition, from, batch.baseOffset, batches.slice(0, index));
        throw new CorruptBatchError(error.message, batch.baseOffset, batch.lastOffset, { cause: error });
      }
    }
    const { stream } = this, rejected = this.#rejected.flush(), buffer = this.#rows, rows = buffer.written();
    if (bytes > 0) this.#ratio = rows.length / bytes * ESTIMATE_MARGIN;
    this.#rows = new RowBuffer(0);
    let records: StoredRecord[] | undefined;
    return {
      stream,
      types: this.#bound.types,
      typeOids: this.#bound.typeOids,
      partition,
      from,
      to,
      rows,
      rowCount: this.#rowCount,
      hasTombstones: this.#hasTombstones,
      hasTypeRejections: this.#hasTypeRejections,
      records: () => records ??= readRecords({ stream, from, to, rows, rejected }, batches),
      rejected,
      oldest: this.#oldest,
      bytes: bytes + buffer.bytes.length + rejected.rows.length,
    };
  }

  /** @returns the offset at which the segment has to end; `undefined`: it can continue */
  #decodeBatch(batch: RecordBatch, partition: number, from: number): number | undefined {
    const reader = this.#reader, meta = this.#meta, rows = this.#rows, rejected = this.#rejected;
    let last = -1;
    reader.reset(batch.bytes);
    meta.onBatch(partition, batch);
    for (let n = 0; n < batch.count; n++) {
      reader.next();
      const offset = batch.baseOffset + reader.offsetDelta;
      if (reader.offsetDelta <= last || offset > batch.lastOffset) {
        throw new CorruptRecordError(`Its record ${n} has offset ${offset}, which is out of order`);
      }
      last = reader.offsetDelta;
      if (offset < from) continue;
      this.#oldest ??= meta.timestamp;
      const { length } = rows;
      const rejection = this.#decode(batch.bytes, reader.valueStart, reader.valueLength, rows, meta);
      if (rejection) {
        rejected.add(meta, batch.bytes, reader, rejection);
        this.#hasTypeRejections ||= isOfColumn(rejection);
      } // A record that the stream ignores has no row.
      else if (rows.length > length) {
        this.#rowCount++;
        this.#hasTombstones ||= reader.valueLength < 0;
      }
      if (rows.length + rejected.length >= SEGMENT_MAX_BYTES) return offset + 1;
    }
    reader.finish();
    return undefined;
  }
}

/** The records of a segment that have a row. */
function readRecords(
  { stream, from, to, rows, rejected }: Pick<Segment, "stream" | "from" | "to" | "rows" | "rejected">,
  batches: readonly RecordBatch[],
): StoredRecord[] {
  const excluded = new Set(Array.from(rejected, ({ offset }) => offset));
  const records: StoredRecord[] = [];
  const reader = new RecordReader(), meta = new ReaderMetadata(stream.topic, reader);
  const view = new DataView(rows.buffer, rows.byteOffset, rows.length);
  const ignoresTombstones = upsertMode(stream)?.tombstones === "ignore";
  let rowStart = 0;
  for (const batch of batches) {
    reader.reset(batch.bytes);
    meta.onBatch(-1, batch);
    for (let n = 0; n < batch.count; n++) {
      reader.next();
      const { offset, timestamp } = meta, { headersStart } = reader;
      if (offset >= to) return records;
      if (offset < from || excluded.has(offset) || (ignoresTombstones && reader.valueLength < 0)) continue;
      const headers = () => headersAt(batch, headersStart);
      records.push({ offset, key: reader.key(), value: reader.value(), timestamp, headers, rowStart });
      rowStart = rowEnd(view, rowStart);
    }
  }
  return records;
}

function headersAt({ bytes }: RecordBatch, start: number): RecordHeaders {
  const reader = new RecordReader();
  reader.reset(bytes);
  return reader.headers(start);
}

/** A segment without records, which only advances the progress (transaction markers, compaction, expired records). */
export const emptySegment = (stream: Stream, partition: number, from: number, to: number): Segment => ({
  stream,
  types: [],
  partition,
  from,
  to,
  rows: new Uint8Array(0),
  rowCount: 0,
  hasTombstones: false,
  hasTypeRejections: false,
  records: () => [],
  rejected: RejectedRows.NONE,
  oldest: undefined,
  bytes: 0,
});

/** The part of a segment with the offsets `from` (inclusive) to `to` (exclusive). */
export function part(segment: Segment, from: number, to: number): Segment {
  const { rows } = segment;
  const records = segment.records();
  const indexOf = (at: number) => {
    const index = records.findIndex(({ offset }) => offset >= at);
    return index < 0 ? records.length : index;
  };
  const first = indexOf(from), end = indexOf(to);
  const start = (index: number) =>
    index < records.length ? records[index]!.rowStart - records[0]!.rowStart : rows.length;
  return {
    ...segment,
    from,
    to,
    rows: rows.subarray(start(first), start(end)),
    rowCount: end - first,
    records: () => records.slice(first, end),
    rejected: segment.rejected.between(from, to),
  };
}

/** Number of records of a segment, including rejected ones. */
export const recordCount = ({ rowCount, rejected }: Segment): number => rowCount + rejected.count;

/** Splits a segment of at least two records into two parts with the same number of records, including rejected ones. */
export function halve(segment: Segment): [Segment, Segment] {
  const offsets = [...segment.records(), ...segment.rejected].map(({ offset }) => offset).sort((a, b) =>
    a - b
  );
  const middle = offsets[Math.ceil(offsets.length / 2)]!;
  return [part(segment, segment.from, middle), part(segment, middle, segment.to)];
}
