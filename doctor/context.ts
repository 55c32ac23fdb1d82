/**
 * The context that checks share: settings, connections, and the results of earlier checks.
 *
 * @module
 */
import type pg from "pg";
import type { Admin } from "kafkajs";
import { type Loaded, loadSettings, type Sources } from "../shared/settings/load.ts";
import { inTransaction, type SessionInfo, TEXT_FORMAT } from "../shared/postgres/session.ts";
import { PROGRAMS } from "../shared/settings/programs.ts";
import type { Group } from "../shared/settings/setting.ts";
import type { SettingName, Settings } from "../shared/settings/table.ts";
import type { Stream } from "../shared/stream.ts";
import type { Address } from "../shared/kafka/address.ts";
import type { Watermarks } from "../shared/kafka/watermarks.ts";
import type { ClusterView } from "./kafka/metadata.ts";
import type { BrokerConnection } from "./kafka/broker_connection.ts";

/** Upper limit for the timeouts of the settings, milliseconds. */
export const TIMEOUT_MS_MAX = 5_000;

/** Setting groups that the doctor only validates. */
const VALIDATED: readonly Group[] = ["http", "log", "summary"];
/** Setting groups that the doctor uses and lists. */
export const GROUPS: readonly Group[] = PROGRAMS.doctor.filter((group) => !VALIDATED.includes(group));

/** Values that checks set for later checks. */
interface Shared {
  loaded?: Loaded;
  streams?: readonly Stream[];
  /** Bootstrap servers that accept TCP connections. */
  servers?: readonly Address[];
  /** An authenticated connection to one of the servers. */
  connection?: BrokerConnection;
  admin?: Admin;
  cluster?: ClusterView;
  /** By topic and partition, of the topics that exist. */
  watermarks?: Map<string, Map<number, Watermarks>>;
  /** A connection to PostgreSQL: to the configured database or, if that does not exist, to another one. */
  client?: pg.Client;
  /** Facts about the PostgreSQL session. */
  session?: SessionInfo;
  /** The database of {@link client}. */
  database?: string;
  /** The consumer's tables that exist and are compatible. */
  tables?: readonly string[];
}

/** The shared context. Disposal closes its connections. */
export class Context implements AsyncDisposable {
  readonly #shared: Shared = {};
  readonly #resources = new AsyncDisposableStack();
  #lastTransaction: Promise<unknown> = Promise.resolve();

  constructor(
    readonly sources: Sources,
    /** Unix time, milliseconds. */
    readonly now: () => number = Date.now,
  ) {}

  /** Reads the settings. @throws {SettingsError} */
  load(): Loaded {
    return this.set("loaded", loadSettings(PROGRAMS.doctor, this.sources));
  }

  /** The settings, with timeouts of at most {@link TIMEOUT_MS_MAX}. */
  get settings(): Settings {
    const { settings } = this.get("loaded");
    return {
      ...settings,
      KAFKA_CONNECTION_TIMEOUT_MS: Math.min(settings.KAFKA_CONNECTION_TIMEOUT_MS, TIMEOUT_MS_MAX),
      KAFKA_REQUEST_TIMEOUT_MS: Math.min(settings.KAFKA_REQUEST_TIMEOUT_MS, TIMEOUT_MS_MAX),
      PGCONNECT_TIMEOUT: Math.min(settings.PGCONNECT_TIMEOUT || Infinity, TIMEOUT_MS_MAX / 1000),
    };
  }

  /** The source of a setting, such as `environment`. */
  origin(name: SettingName): string {
    return this.get("loaded").origins[name];
  }

  /** The name of a setting for remedies; `PGUSER (in DATABASE_URL)` if it is part of the URI. */
  displayName(name: SettingName): string {
    return this.origin(name) === "DATABASE_URL" ? `${name} (in DATABASE_URL)` : name;
  }

  /** A value that an earlier check has set. @throws if it has not */
  get<K extends keyof Shared>(key: K): NonNullable<Shared[K]> {
    const value = this.#shared[key];
    if (value === undefined) throw new Error(`No earlier check has set ${key}`);
    return value;
  }

  /** A value that an earlier check may have set. */
  find<K extends keyof Shared>(key: K): Shared[K] {
    return this.#shared[key];
  }

  /** Sets a value for later checks. */
  set<K extends keyof Shared>(key: K, value: NonNullable<Shared[K]>): NonNullable<Shared[K]> {
    this.#shared[key] = value;
    return value;
  }

  /** Runs `work` on the connection to PostgreSQL, in a transaction of its own. Calls run one after another. */
  withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    const client = this.get("client");
    const start = { session: this.get("session"), settings: TEXT_FORMAT };
    const result = this.#lastTransaction.then(() => inTransaction(client, start, () => work(client)));
    this.#lastTransaction = result.catch(() => {});
    return result;
  }

  /** Registers a function that closes a resource on disposal. */
  onClose(close: () => unknown): void {
    this.#resources.defer(async () => {
      await close();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#resources.disposeAsync();
  }
}
