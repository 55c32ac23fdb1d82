/** A source of random numbers that can be run again. */
export interface Random {
  /** What it began with. */
  readonly seed: number;
  /** From 0 up to, but not, 1. */
  next(): number;
  /** A whole number from `low` to `high`, both possible. */
  between(low: number, high: number): number;
}

/** Random numbers from a seed: the same seed, the same numbers (Mulberry32). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return { seed, next, between: (low, high) => low + Math.floor(next() * (high - low + 1)) };
}

/** The seed of a scenario: what the environment variable `INTEGRATION_SEED` says, else a new one. */
export function readSeed(): number {
  const wanted = Deno.env.get("INTEGRATION_SEED");
  if (wanted === undefined || wanted === "") return crypto.getRandomValues(new Uint32Array(1))[0]!;
  const seed = Number(wanted);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new Error(`INTEGRATION_SEED is "${wanted}", but must be a whole number from 0 to 4294967295`);
}
