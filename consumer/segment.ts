/**
 * A segment: some records of one partition, in order, decoded and ready to be stored together with the progress they make.
 *
 * @module
 */
import type { KafkaMessage } from "kafkajs";
import type { Decoder, Rejection } from "../shared/codec/decode.ts";
import type { Stream } from "../shared/stream.ts";
import { RowEncoder } from "./rows.ts";

/** A record as Kafka gave it; `offset` is decimal text. */
export type RawRecord = Pick<KafkaMessage, "offset" | "key" | "value" | "timestamp">;

/** A record that is not stored in its table, whole. */
export interface Rejected extends Rejection {
  readonly offset: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
}

/** Offsets `from` (inclusive) to `to` (exclusive) of a partition. Not every offset in between needs to have a record. */
export interface Segment {
  readonly stream: Stream;
  readonly partition: number;
  readonly from: number;
  readonly to: number;
  /** Rows in PostgreSQL's binary COPY format, all of the same length, without header and trailer. */
  readonly rows: Uint8Array;
  /** The record of each row. */
  readonly records: readonly RawRecord[];
  readonly rejected: readonly Rejected[];
  /** Kafka's timestamp of the oldest record, Unix milliseconds. */
  readonly oldest: number | undefined;
  /** Memory that it keeps, roughly: rows, keys, values, and what there is around each record. */
  readonly bytes: number;
}

/** Bytes that are kept of a record beside its value and its row, as measured with kafkajs' messages. */
const RECORD_OVERHEAD = 250;

/** How streams are decoded and encoded: made once, used for every batch. */
export class SegmentBuilder {
  readonly #encoder: RowEncoder;
  readonly #row: Float64Array;

  constructor(readonly stream: Stream, private readonly decode: Decoder) {
    this.#encoder = new RowEncoder(stream.fields);
    this.#row = new Float64Array(stream.fields.length);
  }

  /** Bytes of a row. */
  get rowSize(): number {
    return this.#encoder.rowSize;
  }

  /** Decodes the records of a batch; those below `from` are skipped. */
  build(partition: number, from: number, to: number, batch: readonly RawRecord[]): Segment {
    const messages = batch.length > 0 && Number(batch[0]!.offset) < from
      ? batch.filter(({ offset }) => Number(offset) >= from)
      : batch;
    const rows = this.#encoder.allocate(messages.length);
    const rejected: Rejected[] = [];
    let records: RawRecord[] | undefined;
    let count = 0;
    let bytes = messages.length * (RECORD_OVERHEAD + this.rowSize);
    for (let m = 0; m < messages.length; m++) {
      const message = messages[m]!;
      bytes += message.value?.length ?? 0;
      const rejection = this.decode(message.value, this.#row);
      if (rejection === undefined) {
        this.#encoder.write(rows, count++, this.#row);
        records?.push(message);
      } else {
        // The records of the rows are the messages themselves, until the first that has no row.
        records ??= messages.slice(0, m);
        const { offset, key, value } = message;
        rejected.push({ offset: Number(offset), key, value, ...rejection });
      }
    }
    return {
      stream: this.stream,
      partition,
      from,
      to,
      rows: rows.subarray(0, count * this.rowSize),
      records: records ?? messages,
      rejected,
      oldest: messages.length > 0 ? Number(messages[0]!.timestamp) : undefined,
      bytes,
    };
  }
}

/** A segment without records: progress only, over offsets that hold nothing for us (markers of transactions, compaction, expiry). */
export const emptySegment = (stream: Stream, partition: number, from: number, to: number): Segment => ({
  stream,
  partition,
  from,
  to,
  rows: new Uint8Array(0),
  records: [],
  rejected: [],
  oldest: undefined,
  bytes: 0,
});

/** The part of a segment that has its rows `first` to `end` (exclusive, at least one), and the rejected records in between. */
export function slice(segment: Segment, first: number, end: number): Segment {
  const { records, rows } = segment;
  const rowSize = records.length === 0 ? 0 : rows.length / records.length;
  const from = first === 0 ? segment.from : Number(records[first]!.offset);
  const to = end === records.length ? segment.to : Number(records[end]!.offset);
  return {
    ...segment,
    from,
    to,
    rows: rows.subarray(first * rowSize, end * rowSize),
    records: records.slice(first, end),
    rejected: segment.rejected.filter(({ offset }) => offset >= from && offset < to),
  };
}
