/**
 * Flags of `deno task test:chaos`.
 *
 * @module
 */
import { parseArgs } from "node:util";

export interface Options {
  readonly minutes: number;
  /** Records per second of all producers together. */
  readonly rate: number;
  /** Seed of all random decisions; random by default. */
  readonly seed: number | undefined;
}

/** The comparison reads the topic as one string, which JavaScript limits to half a gigabyte. */
const RECORDS_MAX = 3_000_000;

/** @throws {Error} that names the invalid flag */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: args.filter((arg) => arg !== "--"),
    options: {
      minutes: { type: "string", default: "10" },
      rate: { type: "string", default: "2000" },
      seed: { type: "string" },
    },
  });
  const minutes = number("minutes", values.minutes, 0.1);
  const rate = number("rate", values.rate, 1);
  if (minutes * 60 * rate > RECORDS_MAX) {
    throw new Error(
      `${minutes} minutes of ${rate} records/s are more than the ${RECORDS_MAX} records that can be compared at the end. ` +
        "Reduce --minutes or --rate.",
    );
  }
  const seed = values.seed === undefined ? undefined : number("seed", values.seed, 0);
  return { minutes, rate, seed };
}

function number(flag: string, text: string, min: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < min || text.trim() === "") {
    throw new Error(`--${flag}: "${text}" is not a number ≥ ${min}.`);
  }
  return value;
}
