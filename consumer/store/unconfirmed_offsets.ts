/**
 * Finds out which transactions were committed although their outcome was unknown because the connection broke.
 *
 * @module
 */
import { part, type Segment } from "../decode/segment.ts";
import { partitionOf } from "./batch.ts";

/**
 * The offsets to which this consumer has tried to advance each partition. If the stored progress is one of them, a transaction of this
 * consumer was committed, not one of another consumer.
 */
export class UnconfirmedOffsets {
  readonly #ends = new Map<string, Set<number>>();

  /** A transaction with these segments is about to be sent. */
  onSent(batch: readonly Segment[]): void {
    for (const [key, to] of endsOf(batch)) {
      const ends = this.#ends.get(key) ?? new Set();
      this.#ends.set(key, ends.add(to));
    }
  }

  /** The segments are stored: earlier offsets are no longer needed. */
  onStored(batch: readonly Segment[]): void {
    for (const [key, to] of endsOf(batch)) {
      const later = [...this.#ends.get(key) ?? []].filter((end) => end > to);
      if (later.length === 0) this.#ends.delete(key);
      else this.#ends.set(key, new Set(later));
    }
  }

  /**
   * Divides a partition's segments at the stored progress.
   *
   * @param segments contiguous segments of one partition
   * @returns the stored and the remaining segments; `undefined`: another consumer made the progress
   */
  divide(
    segments: readonly Segment[],
    found: number | undefined,
  ): { stored: Segment[]; remaining: Segment[] } | undefined {
    const from = segments[0]!.from;
    if (found === from) return { stored: [], remaining: [...segments] };
    if (found === undefined || found < from || !this.#ends.get(partitionOf(segments[0]!))?.has(found)) {
      return undefined;
    }
    const stored: Segment[] = [], remaining: Segment[] = [];
    for (const segment of segments) {
      if (segment.to <= found) stored.push(segment);
      else if (segment.from >= found) remaining.push(segment);
      else {
        stored.push(part(segment, segment.from, found));
        remaining.push(part(segment, found, segment.to));
      }
    }
    return { stored, remaining };
  }
}

/** The offset that each partition is advanced to. */
const endsOf = (batch: readonly Segment[]) =>
  new Map(batch.map((segment) => [partitionOf(segment), segment.to]));
