/**
 * Generates random records of a stream.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { createEncoder, messageKey } from "../shared/codec/encoder.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Random, Stream } from "../shared/stream.ts";
import { corrupt } from "./malformed.ts";
import { createRandom } from "./random.ts";

/** A key and value for Kafka. */
export interface Generated {
  readonly userID: number;
  readonly key: string;
  readonly value: string | Buffer | null;
}

export type GenerateSettings = Pick<
  Settings,
  | "PRODUCER_RATE"
  | "PRODUCER_SEED"
  | "PRODUCER_START_TIME"
  | "PRODUCER_USERS"
  | "PRODUCER_PATTERN"
  | "PRODUCER_MALFORMED_RATIO"
>;

/** Maximum time between two timestamps, so that timestamps stay finite at any rate. */
const STEP_MAX_SECONDS = 1_000_000_000;

export class Generator {
  readonly #random: Random;
  readonly #encode: (record: unknown) => string;
  /** The last record of each user, for the pattern `walk`. */
  readonly #last = new Map<number, unknown>();
  readonly #stepSeconds: number;
  #generated = 0;

  constructor(
    private readonly stream: Stream,
    private readonly settings: GenerateSettings,
    private readonly clock: () => number = unixSeconds,
  ) {
    this.#random = createRandom(settings.PRODUCER_SEED, stream.name);
    this.#encode = createEncoder(stream);
    this.#stepSeconds = settings.PRODUCER_RATE > 0
      ? Math.min(1 / settings.PRODUCER_RATE, STEP_MAX_SECONDS)
      : 0.001;
  }

  /**
   * Generates the next record.
   *
   * @param accepts whether a record with the given key may be generated
   * @returns `undefined` if not
   */
  next(): Generated;
  next(accepts: ((key: string) => boolean) | undefined): Generated | undefined;
  next(accepts?: (key: string) => boolean): Generated | undefined {
    const { PRODUCER_USERS, PRODUCER_PATTERN, PRODUCER_START_TIME, PRODUCER_MALFORMED_RATIO } = this.settings;
    const random = this.#random;
    const userID = Math.floor(random() * PRODUCER_USERS);
    const key = messageKey(userID);
    if (accepts && !accepts(key)) return undefined;
    const timestamp = PRODUCER_START_TIME === undefined
      ? this.clock()
      : Math.round((PRODUCER_START_TIME + this.#generated * this.#stepSeconds) * 1e6) / 1e6;
    this.#generated++;
    let record: unknown;
    if (PRODUCER_PATTERN === "walk") {
      record = this.stream.walk({ userID, timestamp, random }, this.#last.get(userID));
      this.#last.set(userID, record);
    } else record = this.stream.uniform({ userID, timestamp, random });
    const text = this.#encode(record);
    const isMalformed = PRODUCER_MALFORMED_RATIO > 0 && random() < PRODUCER_MALFORMED_RATIO;
    return { userID, key, value: isMalformed ? corrupt(text, random) : text };
  }
}

/** The current time in Unix seconds, rounded to microseconds. */
export const unixSeconds = (): number => Math.round((performance.timeOrigin + performance.now()) * 1e3) / 1e6;
