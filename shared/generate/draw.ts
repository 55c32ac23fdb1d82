/**
 * What generators of values draw from.
 *
 * @module
 */
import type { Random } from "../stream.ts";

export interface Draw {
  readonly random: Random;
  /** Time of the record, Unix seconds with a fraction. */
  readonly timestamp: number;
  /** Number of the record's key, from 0. */
  readonly entity: number;
  /** Only in key columns: the same number. The same number always results in the same value. */
  readonly key?: number;
}

/** Generates a value of a schema's node. */
export type Generate = (draw: Draw) => unknown;

/** A whole number from `min` to `max`, inclusive. */
export const randomInteger = (random: Random, min: number, max: number): number =>
  min + Math.floor(random() * (max - min + 1));

export const pick = <T>(random: Random, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)]!;
