/**
 * What `deno task test:chaos` can be asked for.
 *
 * @module
 */
import { parseArgs } from "node:util";

/** What was asked for. */
export interface Options {
  readonly minutes: number;
  /** Records a second, of all producers together. */
  readonly rate: number;
  /** Of all that is random; a new one when not given. */
  readonly seed: number | undefined;
}

/** The oracle holds a whole run in memory, and reads it as one text, of which JavaScript holds half a gigabyte. */
const MOST_RECORDS = 3_000_000;

/** @throws {Error} that says which flag is wrong */
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
  if (minutes * 60 * rate > MOST_RECORDS) {
    throw new Error(
      `${minutes} minutes of ${rate} records/s are more than the ${MOST_RECORDS} records that the oracle can compare at the end. ` +
        "Take fewer --minutes or a lower --rate.",
    );
  }
  const seed = values.seed === undefined ? undefined : number("seed", values.seed, 0);
  return { minutes, rate, seed };
}

function number(flag: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isFinite(value) || value < least || text.trim() === "") {
    throw new Error(`--${flag}: "${text}" is not a number from ${least} on.`);
  }
  return value;
}
