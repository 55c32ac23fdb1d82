/**
 * Which partition a key goes to: as Kafka's own clients choose, remembered for each user.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Partitioners, type PartitionMetadata } from "kafkajs";

/** Most users whose partition is remembered. */
const MOST_REMEMBERED = 1_000_000;

/** Chooses partitions of one topic. */
export class KeyPartitioner {
  readonly #choose = Partitioners.DefaultPartitioner();
  readonly #remembered = new Map<string, number>();
  #metadata: PartitionMetadata[] = [];

  constructor(private readonly topic: string) {}

  /** Sets how many partitions there are; where that changes, keys move, as they do with every client of Kafka. */
  set partitions(count: number) {
    if (count === this.#metadata.length) return;
    this.#metadata = Array.from({ length: count }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    this.#remembered.clear();
  }

  /** The partition of a key: murmur2 of its bytes, modulo the number of partitions. */
  partitionOf(key: string): number {
    const known = this.#remembered.get(key);
    if (known !== undefined) return known;
    const message = { key: Buffer.from(key), value: null };
    const partition = this.#choose({ topic: this.topic, partitionMetadata: this.#metadata, message });
    if (this.#remembered.size < MOST_REMEMBERED) this.#remembered.set(key, partition);
    return partition;
  }
}
