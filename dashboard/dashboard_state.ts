/**
 * The state shown by the pages, and its changes since the last update.
 *
 * @module
 */
import type { Stream } from "../shared/stream.ts";
import { RecentRows } from "./database/recent_rows.ts";
import type { DatabasePoll, DatabasePoller } from "./database/database_poller.ts";
import { LagTracker } from "./kafka/group_lag.ts";
import type { OffsetsPoller } from "./kafka/offsets_poller.ts";
import type {
  GroupLag,
  History,
  KeyRows,
  RejectedRecord,
  Row,
  Sample,
  ServicesSample,
  Snapshot,
  Status,
  Update,
} from "./protocol.ts";
import type { ServicesPoller } from "./services/services_poller.ts";
import { isUpdated, streamInfo } from "./stream_info.ts";

/** Samples kept for the charts, one per second. */
const SAMPLES_MAX = 600;
/** New rows of a stream per update; if there are more, the latest are kept. */
const PENDING_ROWS_MAX = 2_500;
/** How long the rows of a key are cached for other pages. */
const KEY_CACHE_MS = 2_000;
const CACHED_KEYS_MAX = 50;

/** Combines the polls of the database, of the services and of Kafka. */
export class DashboardState {
  readonly #samples: Sample[] = [];
  /** Rows of earlier updates: the snapshot contains only these, so that the next update repeats none of them. */
  readonly #published: ReadonlyMap<string, RecentRows>;
  readonly #new = new Map<string, readonly Row[]>();
  #rejected: readonly RejectedRecord[] | undefined;
  #newSamples: Sample[] = [];
  #sampled = false;
  readonly #lags = new LagTracker();
  #lag: GroupLag = { others: [] };
  readonly #replaced = new Set<string>();
  readonly #existing = new Map<string, ReadonlySet<string>>();
  readonly #keys = new Map<string, { at: number; answer: Promise<KeyRows | undefined> }>();

  constructor(
    private readonly streams: readonly Stream[],
    private readonly database: Pick<
      DatabasePoller,
      "tables" | "state" | "status" | "rejected" | "rejectedCount" | "progress" | "rowsOfKey"
    >,
    private readonly services: Pick<ServicesPoller, "status">,
    private readonly kafka: Pick<OffsetsPoller, "status" | "offsets">,
  ) {
    this.#published = new Map(
      database.tables.map(({ stream, depth }) => [stream.name, new RecentRows(depth, isUpdated(stream))]),
    );
  }

  applyDatabasePoll({ rows, rejected }: DatabasePoll): void {
    for (const [stream, poll] of rows) {
      if (poll.keys) this.#existing.set(stream, poll.keys);
      if (poll.replaced) {
        // The first rows of a table are sent once, without a limit.
        this.#replaced.add(stream);
        this.#new.set(stream, poll.rows);
      } else {
        const pending = this.#new.get(stream) ?? [];
        this.#new.set(stream, pending.concat(poll.rows).slice(-PENDING_ROWS_MAX));
      }
    }
    if (rows.size > 0) this.#sampled = [...rows.values()].some(({ sampled }) => sampled);
    if (rejected) this.#rejected = rejected;
  }

  applyServicesPoll(rates: ServicesSample): void {
    const { status: services } = this.services;
    this.#lag = this.#lags.update({
      services,
      offsets: this.kafka.offsets,
      progress: this.database.progress,
    });
    const { records, staleSince } = this.#lag;
    const sample: Sample = [...rates, records === undefined || staleSince !== undefined ? null : records];
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    this.#newSamples.push(sample);
  }

  /** The complete state, except rows of the next update. */
  snapshot(): Snapshot {
    return {
      streams: this.streams.map(streamInfo),
      rows: Object.fromEntries([...this.#published].map(([stream, recent]) => [stream, recent.rows()])),
      status: this.#status(),
      samples: this.#samples,
      rejected: this.database.rejected,
    };
  }

  /** The changes since the last call. */
  update(): Update {
    for (const stream of this.#replaced) this.#published.get(stream)!.clear();
    for (const [stream, rows] of this.#new) this.#published.get(stream)!.add(rows);
    const deleted = this.#deletedKeys();
    const update = {
      ...Object.keys(deleted).length > 0 ? { deleted } : {},
      ...this.#replaced.size > 0 ? { replaced: [...this.#replaced] } : {},
      rows: Object.fromEntries([...this.#new].filter(([, rows]) => rows.length > 0)),
      status: this.#status(),
      samples: this.#newSamples,
      ...this.#rejected ? { rejected: this.#rejected } : {},
    };
    this.#new.clear();
    this.#replaced.clear();
    this.#newSamples = [];
    this.#rejected = undefined;
    return update;
  }

  /** Removes the keys that the last polls did not find. Rows of later polls may have added others: those are found by the next one. */
  #deletedKeys(): Record<string, string[]> {
    const deleted: Record<string, string[]> = {};
    for (const [stream, keys] of this.#existing) {
      const removed = this.#published.get(stream)!.retain(keys);
      if (removed.length > 0) deleted[stream] = removed;
    }
    this.#existing.clear();
    return deleted;
  }

  /** A sample of the stored rows; `undefined`: unknown stream. */
  history(stream: string): History | undefined {
    const table = this.database.tables.find((table) => table.stream.name === stream);
    return table && { rows: table.sample.rows() };
  }

  /** The rows of a key, cached for {@link KEY_CACHE_MS}; `undefined`: unknown stream. */
  async rowsOfKey(stream: string, key: string): Promise<KeyRows | undefined> {
    const id = `${stream} ${key}`;
    const now = Date.now();
    let cached = this.#keys.get(id);
    if (!cached || now - cached.at > KEY_CACHE_MS) {
      const answer = this.database.rowsOfKey(stream, key);
      cached = { at: now, answer };
      // Failures are not cached.
      answer.catch(() => this.#keys.get(id)?.answer === answer && this.#keys.delete(id));
      this.#keys.delete(id);
      this.#keys.set(id, cached);
      const [oldest] = this.#keys.keys();
      if (this.#keys.size > CACHED_KEYS_MAX) this.#keys.delete(oldest!);
    }
    return await cached.answer;
  }

  #status(): Status {
    const { rejectedCount } = this.database;
    return {
      database: this.database.state,
      kafka: this.kafka.status,
      lag: this.#lag,
      tables: this.database.status,
      services: this.services.status,
      ...rejectedCount && { rejected: rejectedCount },
      sampled: this.#sampled,
    };
  }
}
