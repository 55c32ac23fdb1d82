/**
 * What the checks share: the settings, and what each leaves to those after it.
 *
 * @module
 */
import type pg from "pg";
import type { Admin } from "kafkajs";
import { type Loaded, loadSettings, type Sources } from "../shared/settings/load.ts";
import { inTransaction, type SessionInfo, TEXT_FORMAT } from "../shared/postgres/session.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import type { SettingName, Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import type { Address } from "../shared/kafka/address.ts";
import type { Watermarks } from "../shared/kafka/watermarks.ts";
import type { ClusterView } from "./kafka/metadata.ts";
import type { KafkaWire } from "./kafka/wire.ts";

/** Longest that the doctor waits for a connection or an answer, milliseconds, where the settings allow more. */
export const PATIENCE_MS = 5_000;

/** Setting groups that the doctor uses and lists. It only validates the others. */
export const GROUPS = ["kafka", "topics", "postgresql", "streams", "consumer"] as const;

/** The parts of {@link Context} that checks fill in. */
interface Found {
  loaded?: Loaded;
  streams?: readonly Stream[];
  /** Bootstrap servers that can be connected to. */
  servers?: readonly Address[];
  /** A connection to one of them, logged in. */
  wire?: KafkaWire;
  admin?: Admin;
  cluster?: ClusterView;
  /** By topic and partition, of the topics that exist. */
  watermarks?: Map<string, Map<number, Watermarks>>;
  /** A connection to PostgreSQL: to the database or, where that is missing, to another. */
  client?: pg.Client;
  /** What the server says of the connection. */
  session?: SessionInfo;
  /** The database that the connection is to. */
  database?: string;
  /** Those of the consumer's tables that are there and fit. */
  tables?: readonly string[];
}

/** What checks share. It holds connections: dispose of it. */
export class Context implements AsyncDisposable {
  readonly #found: Found = {};
  readonly #open = new AsyncDisposableStack();
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    readonly sources: Sources,
    /** Unix time, milliseconds. */
    readonly now: () => number = Date.now,
  ) {}

  /** Reads the settings. @throws {SettingsError} */
  load(): Loaded {
    return this.put("loaded", loadSettings(PROGRAMS.doctor, this.sources));
  }

  /** The settings, with time-outs that a person can wait for. */
  get settings(): Settings {
    const { settings } = this.get("loaded");
    return {
      ...settings,
      KAFKA_CONNECTION_TIMEOUT_MS: Math.min(settings.KAFKA_CONNECTION_TIMEOUT_MS, PATIENCE_MS),
      KAFKA_REQUEST_TIMEOUT_MS: Math.min(settings.KAFKA_REQUEST_TIMEOUT_MS, PATIENCE_MS),
      PGCONNECT_TIMEOUT: Math.min(settings.PGCONNECT_TIMEOUT || Infinity, PATIENCE_MS / 1000),
    };
  }

  /** Where a setting came from, such as `environment`. */
  origin(name: SettingName): string {
    return this.get("loaded").origins[name];
  }

  /** The name of a setting as a person has to change it. */
  named(name: SettingName): string {
    return this.origin(name) === "DATABASE_URL" ? `${name} (in DATABASE_URL)` : name;
  }

  /** What an earlier check left. */
  get<K extends keyof Found>(key: K): NonNullable<Found[K]> {
    const value = this.#found[key];
    if (value === undefined) throw new Error(`${key} is needed, and no check before left it`);
    return value;
  }

  /** What an earlier check may have left. */
  find<K extends keyof Found>(key: K): Found[K] {
    return this.#found[key];
  }

  /** Leaves something to later checks. */
  put<K extends keyof Found>(key: K, value: NonNullable<Found[K]>): NonNullable<Found[K]> {
    this.#found[key] = value;
    return value;
  }

  /** Works on the connection to PostgreSQL, in a transaction, after all that was asked for before. */
  withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = this.get("client");
    const start = { session: this.get("session"), settings: TEXT_FORMAT };
    const result = this.#last.then(() => inTransaction(client, start, () => work(client)));
    this.#last = result.catch(() => {});
    return result;
  }

  /** Has something closed at the end. */
  closing(close: () => unknown): void {
    this.#open.defer(async () => {
      await close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#open.disposeAsync();
  }
}
