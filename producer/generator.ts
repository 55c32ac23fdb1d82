/**
 * Makes records: whose, when, and what, as the settings ask.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { createEncoder, messageKey } from "../shared/codec/encoder.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Random, Stream } from "../shared/stream.ts";
import { corrupt } from "./malformed.ts";
import { randomOf } from "./random.ts";

/** A record as it goes to Kafka. */
export interface Generated {
  readonly userID: number;
  readonly key: string;
  readonly value: string | Buffer | null;
}

/** The settings that records depend on. */
export type GenerateSettings = Pick<
  Settings,
  | "PRODUCER_RATE"
  | "PRODUCER_SEED"
  | "PRODUCER_START_TIME"
  | "PRODUCER_USERS"
  | "PRODUCER_PATTERN"
  | "PRODUCER_MALFORMED_RATIO"
>;

/** Most seconds between two timestamps, so that timestamps are finite however small the rate is. */
const MAX_STEP = 1_000_000_000;

/** Makes a stream's records, one at a time. */
export class Generator {
  readonly #random: Random;
  readonly #encode: (record: unknown) => string;
  /** Where each user's walk is. */
  readonly #last = new Map<number, unknown>();
  readonly #step: number;
  #made = 0;

  constructor(
    private readonly stream: Stream,
    private readonly settings: GenerateSettings,
    private readonly clock: () => number = unixSeconds,
  ) {
    this.#random = randomOf(settings.PRODUCER_SEED, stream.name);
    this.#encode = createEncoder(stream);
    // Unthrottled records have no rate; a millisecond apart is as good as any.
    this.#step = settings.PRODUCER_RATE > 0 ? Math.min(1 / settings.PRODUCER_RATE, MAX_STEP) : 0.001;
  }

  /**
   * The next record.
   *
   * @param accepts whether a record with a key may be generated
   * @returns `undefined` if it may not
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
      : Math.round((PRODUCER_START_TIME + this.#made * this.#step) * 1e6) / 1e6;
    this.#made++;
    let record: unknown;
    if (PRODUCER_PATTERN === "walk") {
      record = this.stream.walk({ userID, timestamp, random }, this.#last.get(userID));
      this.#last.set(userID, record);
    } else record = this.stream.uniform({ userID, timestamp, random });
    const text = this.#encode(record);
    const spoiled = PRODUCER_MALFORMED_RATIO > 0 && random() < PRODUCER_MALFORMED_RATIO;
    return { userID, key, value: spoiled ? corrupt(text, random) : text };
  }
}

/** Now, Unix seconds to the microsecond. */
export const unixSeconds = (): number => Math.round((performance.timeOrigin + performance.now()) * 1e3) / 1e6;
