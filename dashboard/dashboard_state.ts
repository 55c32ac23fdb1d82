/**
 * All there is to show, and what of it is new.
 *
 * @module
 */
import type { Stream } from "../shared/stream.ts";
import { RecentRows } from "./database/recent_rows.ts";
import type { DatabaseNews, DatabasePoller } from "./database/database_poller.ts";
import type { History, RejectedRecord, Row, Sample, Snapshot, Status, Update, UserRows } from "./protocol.ts";
import type { ServicesPoller } from "./services/services_poller.ts";
import { streamInfo } from "./stream_info.ts";

/** Seconds of charts that are kept. */
const SAMPLES_MAX = 600;
/** Rows of a stream that wait for the next update; of more, the latest are shown. */
const PENDING_ROWS_MAX = 2_500;
/** How long a user's rows answer the same question of other pages, milliseconds. */
const USER_CACHE_MS = 2_000;
const CACHED_USERS_MAX = 50;

/** Puts together what the looks at the database and the services found. */
export class DashboardState {
  readonly #samples: Sample[] = [];
  /** Rows that updates have told, so that a page that opens between two of them is told none twice. */
  readonly #published: ReadonlyMap<string, RecentRows>;
  readonly #new = new Map<string, readonly Row[]>();
  #rejected: readonly RejectedRecord[] | undefined;
  #newSamples: Sample[] = [];
  #sampled = false;
  readonly #replaced = new Set<string>();
  readonly #users = new Map<string, { at: number; answer: Promise<Row[] | undefined> }>();

  constructor(
    private readonly streams: readonly Stream[],
    private readonly database: Pick<
      DatabasePoller,
      "tables" | "state" | "status" | "rejected" | "rowsOfUser"
    >,
    private readonly services: Pick<ServicesPoller, "status">,
  ) {
    this.#published = new Map(
      database.tables.map(({ stream, depth }) => [stream.name, new RecentRows(depth)]),
    );
  }

  /** Takes in a look at the database. */
  applyDatabasePoll({ rows, rejected }: DatabaseNews): void {
    for (const [stream, found] of rows) {
      const waiting = this.#new.get(stream) ?? [];
      // The first rows of a table are as many as they are: they are told once.
      if (!found.startedAnew) this.#new.set(stream, waiting.concat(found.rows).slice(-PENDING_ROWS_MAX));
      else {
        this.#replaced.add(stream);
        this.#new.set(stream, found.rows);
      }
    }
    if (rows.size > 0) this.#sampled = [...rows.values()].some(({ sampled }) => sampled);
    if (rejected) this.#rejected = rejected;
  }

  /** Takes in a look at the services. */
  applyServicesPoll(sample: Sample): void {
    this.#samples.push(sample);
    if (this.#samples.length > SAMPLES_MAX) this.#samples.shift();
    this.#newSamples.push(sample);
  }

  /** The whole picture. */
  snapshot(): Snapshot {
    return {
      streams: this.streams.map(streamInfo),
      rows: Object.fromEntries([...this.#published].map(([stream, recent]) => [stream, recent.rows()])),
      status: this.#status(),
      samples: this.#samples,
      rejected: this.database.rejected,
    };
  }

  /** What is new since this was last called. */
  update(): Update {
    for (const stream of this.#replaced) this.#published.get(stream)!.clear();
    for (const [stream, rows] of this.#new) this.#published.get(stream)!.add(rows);
    const update = {
      ...this.#replaced.size > 0 ? { anew: [...this.#replaced] } : {},
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

  /** A sample of all that a stream's table holds; `undefined`: there is no such stream. */
  history(stream: string): History | undefined {
    const table = this.database.tables.find((table) => table.stream.name === stream);
    return table && { rows: table.history.rows() };
  }

  /** A user's rows; `undefined`: there is no such stream. Many pages may ask; the database is asked once. */
  async user(stream: string, user: number): Promise<UserRows | undefined> {
    const key = `${stream} ${user}`;
    const now = Date.now();
    let cached = this.#users.get(key);
    if (!cached || now - cached.at > USER_CACHE_MS) {
      const answer = this.database.rowsOfUser(stream, user);
      cached = { at: now, answer };
      // A failure is no answer to keep for others.
      answer.catch(() => this.#users.get(key)?.answer === answer && this.#users.delete(key));
      this.#users.delete(key);
      this.#users.set(key, cached);
      const [oldest] = this.#users.keys();
      if (this.#users.size > CACHED_USERS_MAX) this.#users.delete(oldest!);
    }
    const rows = await cached.answer;
    return rows && { rows };
  }

  #status(): Status {
    return {
      database: this.database.state,
      tables: this.database.status,
      services: this.services.status,
      sampled: this.#sampled,
    };
  }
}
