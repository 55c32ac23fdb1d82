/**
 * An assigned partition and its position.
 *
 * @module
 */
import type { KafkaMessage } from "kafkajs";
import { recordBatches } from "../shared/kafka/fetch/fetch_response.ts";
import { CorruptBatchError } from "../shared/kafka/records/corrupt_batch.ts";
import type { TopicPartition } from "../shared/schema/progress.ts";
import type { Segment, SegmentBuilder } from "./decode/segment.ts";
import { unreadableBatch } from "./decode/unreadable_batch.ts";

/** The position of an assigned partition at one moment. */
export interface PartitionPosition extends TopicPartition {
  /** The offset at which the next segment begins. */
  readonly nextOffset: number;
  /** The offset up to which everything is stored; equal to {@link nextOffset} if the partition is idle. */
  readonly storedOffset: number;
  /** The topic id that the progress belongs to, as Kafka prints it; `undefined` if it is unknown. */
  readonly topicId: string | undefined;
}

/** After this many fences in a row another consumer owns the partition, even if the group still assigns it to this one. */
const FENCES_MAX = 3;

/**
 * A partition from its assignment to its revocation. This class is the only place that keeps a partition's position: the fetcher, the
 * monitor and the offset commit read it here.
 */
export class PartitionState implements TopicPartition {
  #nextOffset: number | undefined;
  #storedOffset: number | undefined;
  #hasOffsetToCommit = false;
  /** The offset at which a batch was unreadable. */
  #unreadableOffset: number | undefined;
  /** Fences since a segment of the partition was last stored. */
  #fences = 0;
  /** The id of the topic that the position belongs to, as Kafka prints it; `undefined` if it is unknown. */
  topicId: string | undefined;

  constructor(
    readonly topic: string,
    readonly partition: number,
    readonly builder: SegmentBuilder,
  ) {}

  /** The offset at which the next segment begins; `undefined` until progress is loaded. */
  get nextOffset(): number | undefined {
    return this.#nextOffset;
  }

  /** `undefined` until progress is loaded. */
  get position(): PartitionPosition | undefined {
    const { topic, partition, topicId } = this,
      nextOffset = this.#nextOffset,
      storedOffset = this.#storedOffset;
    return nextOffset === undefined || storedOffset === undefined
      ? undefined
      : { topic, partition, nextOffset, storedOffset, topicId };
  }

  /** Whether nothing was fetched, stored or moved since `position` was read. */
  isAt({ nextOffset, storedOffset }: PartitionPosition): boolean {
    return this.#nextOffset === nextOffset && this.#storedOffset === storedOffset;
  }

  /** Continues at `offset`; `undefined`: nowhere until progress is loaded. */
  seek(offset: number | undefined): void {
    this.#nextOffset = this.#storedOffset = offset;
  }

  /** Passes over offsets without decoding records. */
  skipTo(offset: number): void {
    this.#nextOffset = offset;
  }

  /**
   * Decodes fetched record batches and advances {@link nextOffset} past them.
   *
   * @returns `undefined` if the first batch is unreadable for the first time. Fetch it again: a bit may have flipped in transit.
   * @throws {PermanentError} if it is unreadable a second time
   */
  decode(messages: readonly KafkaMessage[], group: string): Segment | undefined {
    const from = this.#nextOffset!;
    try {
      const batches = recordBatches(messages);
      const segment = this.builder.build(this.partition, from, batches.at(-1)!.lastOffset + 1, batches);
      this.#nextOffset = segment.to;
      return segment;
    } catch (error) {
      if (!(error instanceof CorruptBatchError)) throw error;
      if (this.#unreadableOffset === from || error.isTooLarge) {
        throw unreadableBatch(this, group, from, error);
      }
      this.#unreadableOffset = from;
      return undefined;
    }
  }

  /** Everything before `offset` is stored. */
  markStored(offset: number): void {
    this.#storedOffset = offset;
    this.#hasOffsetToCommit = true;
    this.#fences = 0;
  }

  /** Counts a fence. @returns whether another consumer owns the partition, since there were several in a row */
  countFence(): boolean {
    if (++this.#fences < FENCES_MAX) return false;
    this.#fences = 0;
    return true;
  }

  /** The stored offset, once, if it has not been taken before. */
  takeOffsetToCommit(): number | undefined {
    if (!this.#hasOffsetToCommit) return undefined;
    this.#hasOffsetToCommit = false;
    return this.#storedOffset;
  }
}
