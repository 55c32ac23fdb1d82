/**
 * Random number generators, reproducible by a seed.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { xoroshiro128plus } from "pure-rand/generator/xoroshiro128plus";
import type { Random } from "../stream.ts";

/**
 * Creates a random number generator: xoroshiro128+ seeded with a hash of `seed` and `purpose`, or `Math.random` if `seed` is empty.
 *
 * @param purpose makes generators with the same seed different, such as the stream's name
 */
export function createRandom(seed: string, purpose: string): Random {
  if (seed === "") return Math.random;
  const start = createHash("sha256").update(`${purpose}\n${seed}`).digest().readInt32LE();
  const generator = xoroshiro128plus(start);
  // 53 random bits, as from Math.random.
  return () => ((generator.next() >>> 5) * 67_108_864 + (generator.next() >>> 6)) / 9_007_199_254_740_992;
}
