/**
 * Generates random records of a stream.
 *
 * @module
 */
import type { Buffer } from "node:buffer";
import { createEncoder } from "../shared/codec/encoder.ts";
import { createKeyEncoder } from "../shared/generate/key_encoder.ts";
import { createRandom } from "../shared/generate/random.ts";
import { createSchemaGenerator } from "../shared/generate/schema_generator.ts";
import type { Settings } from "../shared/settings/table.ts";
import type { Random, Stream } from "../shared/stream.ts";
import { Corrupter } from "./malformed.ts";

/** A key and value for Kafka. */
export interface Generated {
  readonly key: string | null;
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

/** Ratio of records without a value, which delete the row of their key, in streams with `tombstones: "delete"`. */
const TOMBSTONE_RATIO = 0.02;

export class Generator {
  readonly #random: Random;
  readonly #encode: (record: unknown) => string;
  readonly #keyOf: (record: unknown) => string | null;
  /** A column stores the message key, so that records need one even if it is no member. */
  readonly #storesKey: boolean;
  /** Generates a record from the schema, for streams without a generator. */
  readonly #fromSchema: ((timestamp: number) => unknown) | undefined;
  /** The last record of each user, for the pattern `walk`. */
  readonly #last = new Map<number, unknown>();
  readonly #stepSeconds: number;
  readonly #tombstoneRatio: number;
  #corrupter: Corrupter | undefined;
  #generated = 0;

  /** @throws {PermanentError} if records cannot be generated from the schema */
  constructor(
    private readonly stream: Stream,
    private readonly settings: GenerateSettings,
    private readonly clock: () => number = unixSeconds,
  ) {
    this.#random = createRandom(settings.PRODUCER_SEED, stream.name);
    const encode = createEncoder();
    // The values of text and bytes are no JSON.
    this.#encode = (stream.format ?? "json") === "json"
      ? encode
      : (record) => typeof record === "string" ? record : encode(record);
    this.#keyOf = createKeyEncoder(stream);
    this.#storesKey = stream.columns.some((column) => "metadata" in column && column.metadata === "key");
    if (!stream.generate) {
      this.#fromSchema = createSchemaGenerator(stream, {
        random: this.#random,
        keys: settings.PRODUCER_USERS,
      });
    }
    this.#stepSeconds = settings.PRODUCER_RATE > 0
      ? Math.min(1 / settings.PRODUCER_RATE, STEP_MAX_SECONDS)
      : 0.001;
    const { write } = stream;
    this.#tombstoneRatio = write?.mode === "upsert" && write.tombstones === "delete" ? TOMBSTONE_RATIO : 0;
  }

  /**
   * Generates the next record.
   *
   * @param accepts whether a record with the given key may be generated
   * @returns `undefined` if not
   */
  next(): Generated;
  next(accepts: ((key: string | null) => boolean) | undefined): Generated | undefined;
  next(accepts?: (key: string | null) => boolean): Generated | undefined {
    const { PRODUCER_START_TIME, PRODUCER_MALFORMED_RATIO } = this.settings;
    const random = this.#random;
    const timestamp = PRODUCER_START_TIME === undefined
      ? this.clock()
      : Math.round((PRODUCER_START_TIME + this.#generated * this.#stepSeconds) * 1e6) / 1e6;
    const user = Math.floor(random() * this.settings.PRODUCER_USERS);
    const record = this.#record(user, timestamp);
    const key = this.#keyOf(record) ?? (this.#storesKey ? String(user) : null);
    if (accepts && !accepts(key)) return undefined;
    this.#generated++;
    if (this.settings.PRODUCER_PATTERN === "walk") this.#last.set(user, record);
    if (this.#tombstoneRatio > 0 && random() < this.#tombstoneRatio) return { key, value: null };
    const text = this.#encode(record);
    const isMalformed = PRODUCER_MALFORMED_RATIO > 0 && random() < PRODUCER_MALFORMED_RATIO;
    if (!isMalformed) return { key, value: text };
    this.#corrupter ??= new Corrupter(this.stream);
    return { key, value: this.#corrupter.corrupt(record, text, key, random) };
  }

  #record(userID: number, timestamp: number): unknown {
    if (this.#fromSchema) return this.#fromSchema(timestamp);
    const moment = { userID, timestamp, random: this.#random };
    const { uniform, walk } = this.stream.generate!;
    return this.settings.PRODUCER_PATTERN === "walk" ? walk(moment, this.#last.get(userID)) : uniform(moment);
  }
}

/** The current time in Unix seconds, rounded to microseconds. */
const unixSeconds = (): number => Math.round((performance.timeOrigin + performance.now()) * 1e3) / 1e6;
