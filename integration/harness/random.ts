/** A reproducible source of random numbers. */
export interface Random {
  readonly seed: number;
  /** Returns a number in [0, 1). */
  next(): number;
  /** Returns an integer in [low, high]. */
  between(low: number, high: number): number;
}

/** Creates a source with the algorithm Mulberry32. */
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

/** Returns the seed in the environment variable `INTEGRATION_SEED`, or a random one. */
export function readSeed(): number {
  const text = Deno.env.get("INTEGRATION_SEED");
  if (text === undefined || text === "") return crypto.getRandomValues(new Uint32Array(1))[0]!;
  const seed = Number(text);
  if (Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32) return seed;
  throw new Error(`INTEGRATION_SEED is "${text}", but must be an integer from 0 to 4294967295`);
}

/** Returns a slug of `subject` with a random suffix. */
export function uniqueName(subject: string): string {
  const [random] = crypto.getRandomValues(new Uint32Array(1));
  return `${slug(subject)}-${random!.toString(36).padStart(7, "0")}`;
}

/** Converts words to a name for files, topics and databases: lower-case letters, digits and dashes, at most 60 characters. */
export function slug(words: string): string {
  return words.toLowerCase().replaceAll(/[^a-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 60)
    .replaceAll(/-$/g, "");
}
