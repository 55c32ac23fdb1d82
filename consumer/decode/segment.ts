/**
 * A contiguous offset range of one partition, decoded into COPY rows and rejected records.
 *
 * @module
 */
import { createInPlaceDecoder } from "../../shared/codec/decoder.ts";
import { CorruptBatchError } from "../../shared/kafka/records/corrupt_batch.ts";
import type { RecordBatch } from "../../shared/kafka/records/record_batch.ts";
import { CorruptRecordError, RecordReader } from "../../shared/kafka/records/record_reader.ts";
import type { Stream } from "../../shared/stream.ts";
import { RejectedRows, RejectedWriter } from "./rejected_rows.ts";
import { RowEncoder } from "./row_encoder.ts";

/** A record as received from Kafka. */
export interface RawRecord {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Offsets `from` (inclusive) to `to` (exclusive) of a partition. Offsets may lack a record (compaction, transaction markers). */
export interface Segment {
  readonly stream: Stream;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** Rows in PostgreSQL's binary COPY format, all of the same length, without header and trailer. */
  readonly rows: Uint8Array;
  readonly rowCount: number;
  /** The record of each row, decoded on first use: only needed for rows that the database rejects. */
  readonly records: () => readonly RawRecord[];
  readonly rejected: RejectedRows;
  /** Timestamp of the oldest record, Unix ms. */
  readonly oldest: number | undefined;
  /** Approximate memory: the rows and the received record batches. */
  readonly bytes: number;
}

/** Builds the segments of a stream. */
export class SegmentBuilder {
  readonly #reader = new RecordReader();
  readonly #decode;
  readonly #encoder: RowEncoder;
  readonly #rejected = new RejectedWriter();
  readonly #row: Float64Array;
  // State of the current segment.
  #rows: Uint8Array;
  #rowCount = 0;
  #oldest: number | undefined;

  constructor(readonly stream: Stream) {
    this.#decode = createInPlaceDecoder(stream);
    this.#encoder = new RowEncoder(stream.fields);
    this.#row = new Float64Array(stream.fields.length);
    this.#rows = this.#encoder.allocate(0);
  }

  /**
   * Decodes the record batches of a partition from offset `from` on. If a batch cannot be read, the segment ends before it.
   *
   * @throws {CorruptBatchError} if the first batch cannot be read
   */
  build(partition: number, from: number, to: number, batches: readonly RecordBatch[]): Segment {
    const bytes = batches.reduce((sum, { bytes }) => sum + bytes.length, 0);
    const count = batches.reduce((sum, { count }) => sum + count, 0);
    // The count in a header is not trusted: allocate no more memory than the bytes justify.
    this.#rows = this.#encoder.allocate(Math.min(count, Math.ceil(bytes / this.#encoder.rowSize)));
    this.#rowCount = 0;
    this.#oldest = undefined;
    for (const [index, batch] of batches.entries()) {
      try {
        this.#decodeBatch(batch, partition, from);
      } catch (error) {
        if (!(error instanceof CorruptRecordError)) throw error;
        this.#rejected.flush();
        if (index > 0) return this.build(partition, from, batch.baseOffset, batches.slice(0, index));
        throw new CorruptBatchError(error.message, batch.baseOffset, batch.lastOffset, { cause: error });
      }
    }
    const rejected = this.#rejected.flush();
    const rows = this.#rows;
    let records: RawRecord[] | undefined;
    return {
      stream: this.stream,
      partition,
      from,
      to,
      rows: rows.subarray(0, this.#rowCount * this.#encoder.rowSize),
      rowCount: this.#rowCount,
      records: () => records ??= readRecords(batches, from, rejected),
      rejected,
      oldest: this.#oldest,
      bytes: bytes + rows.length + rejected.rows.length,
    };
  }

  #decodeBatch(batch: RecordBatch, partition: number, from: number): void {
    const reader = this.#reader, row = this.#row;
    let last = -1;
    reader.reset(batch.bytes);
    for (let n = 0; n < batch.count; n++) {
      reader.next();
      const offset = batch.baseOffset + reader.offsetDelta;
      if (reader.offsetDelta <= last || offset > batch.lastOffset) {
        throw new CorruptRecordError(`Its record ${n} has offset ${offset}, which is out of order`);
      }
      last = reader.offsetDelta;
      if (offset < from) continue;
      this.#oldest ??= batch.isLogAppendTime
        ? batch.maxTimestamp
        : batch.firstTimestamp + reader.timestampDelta;
      const rejection = this.#decode(batch.bytes, reader.valueStart, reader.valueLength, row);
      if (rejection === undefined) this.#writeRow(row);
      else this.#rejected.add(this.stream.topic, partition, offset, batch.bytes, reader, rejection);
    }
    reader.finish();
  }

  #writeRow(row: Float64Array): void {
    if ((this.#rowCount + 1) * this.#encoder.rowSize > this.#rows.length) {
      const larger = this.#encoder.allocate(2 * this.#rowCount + 1);
      larger.set(this.#rows);
      this.#rows = larger;
    }
    this.#encoder.write(this.#rows, this.#rowCount++, row);
  }
}

/** The records of batches from offset `from` on, without the rejected ones. */
function readRecords(
  batches: readonly RecordBatch[],
  from: number,
  rejected: RejectedRows,
): RawRecord[] {
  const excluded = new Set(Array.from(rejected, ({ offset }) => offset));
  const records: RawRecord[] = [];
  const reader = new RecordReader();
  for (const batch of batches) {
    reader.reset(batch.bytes);
    for (let n = 0; n < batch.count; n++) {
      reader.next();
      const offset = batch.baseOffset + reader.offsetDelta;
      if (offset >= from && !excluded.has(offset)) {
        records.push({ offset, key: reader.key(), value: reader.value() });
      }
    }
  }
  return records;
}

/** A segment without records, which only advances the progress (transaction markers, compaction, expired records). */
export const emptySegment = (stream: Stream, partition: number, from: number, to: number): Segment => ({
  stream,
  partition,
  from,
  to,
  rows: new Uint8Array(0),
  rowCount: 0,
  records: () => [],
  rejected: RejectedRows.NONE,
  oldest: undefined,
  bytes: 0,
});

/** The part of a segment with the rows `first` to `end` (exclusive, at least one) and the rejected records between them. */
export function slice(segment: Segment, first: number, end: number): Segment {
  const records = segment.records();
  return part(
    segment,
    first === 0 ? segment.from : records[first]!.offset,
    end === segment.rowCount ? segment.to : records[end]!.offset,
  );
}

/** The part of a segment with the offsets `from` (inclusive) to `to` (exclusive). */
export function part(segment: Segment, from: number, to: number): Segment {
  const { rows, rowCount } = segment;
  const rowSize = rowCount === 0 ? 0 : rows.length / rowCount;
  const records = segment.records();
  const indexOf = (at: number) => {
    const index = records.findIndex(({ offset }) => offset >= at);
    return index < 0 ? records.length : index;
  };
  const first = indexOf(from), end = indexOf(to);
  return {
    ...segment,
    from,
    to,
    rows: rows.subarray(first * rowSize, end * rowSize),
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
