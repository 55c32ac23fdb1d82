/**
 * The properties of the record that a reader of record batches is at.
 *
 * @module
 */
import type { RecordMetadata } from "./bound_stream.ts";
import type { RecordBatch } from "../kafka/records/record_batch.ts";
import { namedHeaders, type RecordReader } from "../kafka/records/record_reader.ts";

/** Computes the properties on demand, since most streams need none of them. */
export class ReaderMetadata implements RecordMetadata {
  partition = -1;
  #batch: Pick<RecordBatch, "baseOffset" | "firstTimestamp" | "maxTimestamp" | "isLogAppendTime"> | undefined;

  constructor(readonly topic: string, protected readonly reader: RecordReader) {}

  /** The reader has been set to the first record of a batch. */
  onBatch(partition: number, batch: RecordBatch): void {
    this.partition = partition;
    this.#batch = batch;
  }

  get offset(): number {
    return this.#batch!.baseOffset + this.reader.offsetDelta;
  }

  get timestamp(): number {
    const { isLogAppendTime, maxTimestamp, firstTimestamp } = this.#batch!;
    return isLogAppendTime ? maxTimestamp : firstTimestamp + this.reader.timestampDelta;
  }

  key(): Uint8Array | null {
    return this.reader.key();
  }

  headers(): readonly (readonly [name: string, value: Uint8Array | null])[] {
    return namedHeaders(this.reader.headers());
  }
}
