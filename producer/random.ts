/**
 * Random numbers, the same again for the same seed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Random } from "../shared/stream.ts";

/**
 * A source of random numbers. Without a seed it is the platform's; with one it is xoroshiro128+, begun from a hash of the seed and
 * the purpose, so that streams of one seed differ from one another.
 *
 * @param seed any text; empty: none
 * @param purpose what the numbers are for, such as the stream's name
 */
export function randomOf(seed: string, purpose: string): Random {
  if (seed === "") return Math.random;
  const start = createHash("sha256").update(`${purpose}\n${seed}`).digest().readInt32LE();
  const generator = xoroshiro128plus(start);
  // 53 random bits, as Math.random has them.
  return () => ((generator.next() >>> 5) * 67_108_864 + (generator.next() >>> 6)) / 9_007_199_254_740_992;
}
