/**
 * Tells what became of transactions whose outcome is unknown because the connection broke.
 *
 * @module
 */
import { part, type Segment } from "../decode/segment.ts";
import { partitionOf } from "./batch.ts";

/**
 * Remembers up to which offset the consumer itself has tried to store each partition. Progress that is found there was made by a
 * transaction of its own that was committed, not by another consumer.
 */
export class UnconfirmedOffsets {
  readonly #ends = new Map<string, Set<number>>();

  /** A transaction that would bring these segments' partitions to their ends is about to be sent. */
  onSent(batch: readonly Segment[]): void {
    for (const [key, to] of endsOf(batch)) {
      const ends = this.#ends.get(key) ?? new Set();
      this.#ends.set(key, ends.add(to));
    }
  }

  /** The segments are stored: earlier transactions do not matter any more. */
  onStored(batch: readonly Segment[]): void {
    for (const [key, to] of endsOf(batch)) {
      const later = [...this.#ends.get(key) ?? []].filter((end) => end > to);
      if (later.length === 0) this.#ends.delete(key);
      else this.#ends.set(key, new Set(later));
    }
  }

  /**
   * Divides a partition's segments at the progress that was found.
   *
   * @param segments of one partition, each following on the one before
   * @returns what is stored and what is left to store; `undefined`: the progress is not ours
   */
  divide(
    segments: readonly Segment[],
    found: number | undefined,
  ): { stored: Segment[]; left: Segment[] } | undefined {
    const from = segments[0]!.from;
    if (found === from) return { stored: [], left: [...segments] };
    if (found === undefined || found < from || !this.#ends.get(partitionOf(segments[0]!))?.has(found)) {
      return undefined;
    }
    const stored: Segment[] = [], left: Segment[] = [];
    for (const segment of segments) {
      if (segment.to <= found) stored.push(segment);
      else if (segment.from >= found) left.push(segment);
      else {
        stored.push(part(segment, segment.from, found));
        left.push(part(segment, found, segment.to));
      }
    }
    return { stored, left };
  }
}

/** The end of each partition. */
const endsOf = (batch: readonly Segment[]) =>
  new Map(batch.map((segment) => [partitionOf(segment), segment.to]));
