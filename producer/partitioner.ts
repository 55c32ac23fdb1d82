/**
 * Chooses partitions by key, as Kafka's own clients do.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { Partitioners, type PartitionMetadata } from "kafkajs";

const CACHED_KEYS_MAX = 1_000_000;

/** The partitioner of one topic. Caches the partition of each key. */
export class KeyPartitioner {
  readonly #choose = Partitioners.DefaultPartitioner();
  readonly #cache = new Map<string, number>();
  #metadata: PartitionMetadata[] = [];

  constructor(private readonly topic: string) {}

  /** Sets the number of partitions. If it changes, keys are assigned to other partitions, as with any Kafka client. */
  set partitions(count: number) {
    if (count === this.#metadata.length) return;
    this.#metadata = Array.from({ length: count }, (_, partitionId) => ({
      partitionErrorCode: 0,
      partitionId,
      leader: 0,
      replicas: [],
      isr: [],
    }));
    this.#cache.clear();
  }

  /** Returns murmur2 of the key's bytes, modulo the number of partitions. */
  partitionOf(key: string): number {
    const cached = this.#cache.get(key);
    if (cached !== undefined) return cached;
    const message = { key: Buffer.from(key), value: null };
    const partition = this.#choose({ topic: this.topic, partitionMetadata: this.#metadata, message });
    if (this.#cache.size < CACHED_KEYS_MAX) this.#cache.set(key, partition);
    return partition;
  }
}
