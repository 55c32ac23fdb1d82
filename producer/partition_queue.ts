/**
 * The records of one partition that wait to be sent, and the state of sending them.
 *
 * @module
 */
import type { ProducerIdentity } from "../shared/kafka/produce_client.ts";
import type { RecordWriter } from "../shared/kafka/records/record_writer.ts";

/** A request that takes longer holds its partition up: a broker that is alive answers sooner. */
const SLOW_REQUEST_MS = 2_000;

/** One partition's queue. At most one of its batches is in flight, so that their order is kept. */
export class PartitionQueue {
  /** Node id of the broker that leads the partition; `undefined` while none does. */
  leader: number | undefined;
  /** The batches that wait, oldest first. All but the last are full. */
  readonly waiting: RecordWriter[] = [];
  /** When the last one was begun, on the clock of `performance.now()`. */
  lingerStartedAt = 0;
  /** When the batch in flight was sent, on the same clock; `undefined` if none is. */
  sentAt: number | undefined;
  /** Records that wait or are in flight. */
  buffered = 0;
  /** How often the oldest batch was sent in vain, and when it is sent again. */
  failures = 0;
  retryAt = 0;
  /** Whom the partition's leader has the last batches from, and how many records of it. */
  identity: ProducerIdentity | undefined;
  sequence = 0;
  /** Since when the partition has no leader. */
  leaderlessSince: number | undefined;
  /** Since when no records are generated for it, and when that was last logged. */
  withheldSince: number | undefined;
  withheldLoggedAt = -Infinity;

  constructor(readonly topic: string, readonly partition: number) {}

  /** Whether a batch may be sent at `now`. */
  canSend(now: number): boolean {
    return this.waiting.length > 0 && this.sentAt === undefined && this.leader !== undefined &&
      this.retryAt <= now;
  }

  /** Whether its records do not get to Kafka at the moment. */
  isStuck(now: number): boolean {
    return this.leader === undefined || this.failures > 0 ||
      (this.sentAt !== undefined && now - this.sentAt > SLOW_REQUEST_MS);
  }
}
