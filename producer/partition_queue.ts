/**
 * One partition's records that Kafka has not acknowledged, and the state of sending them.
 *
 * @module
 */
import type { ProducerIdentity } from "../shared/kafka/produce_client.ts";
import type { RecordWriter } from "../shared/kafka/records/record_writer.ts";
import type { Settings } from "../shared/settings/table.ts";

/** A partition counts as stuck while its request takes longer than this. */
const SLOW_REQUEST_MS = 2_000;

/** Maximum size of a batch and of a request. Kafka rejects larger ones than `max.message.bytes`, by default 1,048,588. */
export const BATCH_BYTES_MAX = 900_000;

export type BatchSettings = Pick<Settings, "PRODUCER_BATCH_RECORDS" | "PRODUCER_LINGER_MS">;

/** Times are those of `performance.now()`. At most one batch is in flight, to keep the order. */
export class PartitionQueue {
  /** Node id of the partition's leader; `undefined` while there is none. */
  leader: number | undefined;
  /** Batches to send, oldest first. All but the last are full. The batch in flight is not among them. */
  readonly batches: RecordWriter[] = [];
  /** When the last batch got its first record. */
  lingerStartedAt = 0;
  /** When the batch in flight was sent; `undefined` if there is none. */
  inFlightSince: number | undefined;
  /** Records in {@link batches} and in flight. */
  buffered = 0;
  /** Failed attempts to send the oldest batch. */
  failures = 0;
  /** When the oldest batch is sent again after a failure. */
  retryAt = 0;
  /** Identity that the last batch was sent with; `undefined` if the next one needs a new identity. */
  identity: ProducerIdentity | undefined;
  /** Sequence number of the next record for {@link identity}. */
  sequence = 0;
  leaderlessSince: number | undefined;
  /** Since when no records are generated for this partition. */
  withheldSince: number | undefined;
  withheldLoggedAt = -Infinity;

  constructor(readonly topic: string, readonly partition: number, private readonly settings: BatchSettings) {}

  /** Whether a batch takes no more records. */
  isFull(batch: RecordWriter): boolean {
    return batch.count >= this.settings.PRODUCER_BATCH_RECORDS || batch.size >= BATCH_BYTES_MAX;
  }

  /** Whether the oldest batch can be sent now, full or not. */
  canSend(now: number): boolean {
    return this.batches.length > 0 && this.inFlightSince === undefined && this.leader !== undefined &&
      this.retryAt <= now;
  }

  /** When the oldest batch has to be sent; Infinity if it has to wait for a response or a leader. */
  get dueAt(): number {
    if (this.batches.length === 0 || this.inFlightSince !== undefined || this.leader === undefined) {
      return Infinity;
    }
    if (this.failures > 0) return this.retryAt;
    return this.isFull(this.batches[0]!) ? 0 : this.lingerStartedAt + this.settings.PRODUCER_LINGER_MS;
  }

  /** Whether records of this partition currently do not reach Kafka. */
  isStuck(now: number): boolean {
    return this.leader === undefined || this.failures > 0 ||
      (this.inFlightSince !== undefined && now - this.inFlightSince > SLOW_REQUEST_MS);
  }
}
