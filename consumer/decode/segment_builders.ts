/**
 * The segment builders of the subscribed topics.
 *
 * @module
 */
import type { BoundStream } from "../../shared/codec/bound_stream.ts";
import { SegmentBuilder } from "./segment.ts";

/** Everything that the encoding of a row depends on, besides the stream. */
const formatOf = ({ types, typeOids }: BoundStream): string =>
  JSON.stringify([typeOids, types.map(({ descriptor, options }) => [descriptor, options])]);

/** A builder per topic. */
export class SegmentBuilders {
  readonly #builders: ReadonlyMap<string, SegmentBuilder>;
  #formats: ReadonlyMap<string, string>;

  constructor(bound: readonly BoundStream[]) {
    this.#builders = new Map(bound.map((each) => [each.stream.topic, new SegmentBuilder(each)]));
    this.#formats = formatsOf(bound);
  }

  get topics(): string[] {
    return [...this.#builders.keys()];
  }

  /** The builder of a subscribed topic. */
  of(topic: string): SegmentBuilder {
    return this.#builders.get(topic)!;
  }

  /**
   * Uses the types that the tables' columns have now.
   *
   * @returns the tables whose columns have other types than before: rows that were encoded before must not be stored
   */
  bind(bound: readonly BoundStream[]): string[] {
    const formats = formatsOf(bound);
    const changed = bound.filter(({ stream: { topic } }) => formats.get(topic) !== this.#formats.get(topic));
    for (const each of changed) this.of(each.stream.topic).bind(each);
    this.#formats = formats;
    return changed.map(({ stream }) => stream.table);
  }
}

const formatsOf = (bound: readonly BoundStream[]) =>
  new Map(bound.map((each) => [each.stream.topic, formatOf(each)]));
