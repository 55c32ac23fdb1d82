/**
 * The one look at the database that all pages share.
 *
 * @module
 */
import { DiagnosedError, TransientError } from "../../shared/errors.ts";
import { classify, permanentStatementError, retryClass } from "../../shared/postgres/errors.ts";
import type { Availability } from "../../shared/observe/availability.ts";
import type { Stream } from "../../shared/stream.ts";
import type { DatabaseState, RejectedRecord, Row, TableStatus } from "../protocol.ts";
import { isPlace } from "../stream_info.ts";
import type { Reader } from "./reader.ts";
import { fetchLatestRejected } from "./rejected.ts";
import type { SearchPool } from "./search_pool.ts";
import { currentSnapshot, fetchTableExtents } from "./rows.ts";
import { type TablePoll, TablePoller } from "./table_poller.ts";

/** Rows of a user's trail on the map; of other streams only the latest is shown. */
const TRAIL = 60;

/** What the last look found. */
export interface DatabaseNews {
  /** By stream, in the order of commits as far as blocks tell. */
  readonly rows: ReadonlyMap<string, TablePoll>;
  /** Only when they have changed. */
  readonly rejected?: readonly RejectedRecord[];
}

/** Looks at the database, and remembers what is there and whether it answers. */
export class DatabasePoller {
  readonly tables: readonly TablePoller[];
  #state: DatabaseState = "starting";
  #message: string | undefined;
  #since = Date.now();
  #rejected: readonly RejectedRecord[] = [];
  #rejectedKey = "[]";

  constructor(
    private readonly reader: Pick<Reader, "run">,
    private readonly searches: Pick<SearchPool, "run">,
    private readonly availability: Availability,
    streams: readonly Stream[],
  ) {
    this.tables = streams.map((stream) => new TablePoller(stream, isPlace(stream) ? TRAIL : 1));
  }

  /** Whether the database answers, since when, and if not why. */
  get state(): { state: DatabaseState; since: number; message?: string } {
    return { state: this.#state, since: this.#since, ...this.#message ? { message: this.#message } : {} };
  }

  /** The last rejected records. */
  get rejected(): readonly RejectedRecord[] {
    return this.#rejected;
  }

  /** The tables as they were last seen. */
  get status(): TableStatus[] {
    return this.tables.map(({ stream, exists, rows }) => ({
      stream: stream.name,
      exists,
      rows: Math.round(rows),
    }));
  }

  /** Looks once; never throws. Nothing where the database does not answer. */
  async poll(): Promise<DatabaseNews> {
    try {
      const news = await this.reader.run(async (client) => {
        const seen = await currentSnapshot(client);
        const ends = await fetchTableExtents(client, this.tables.map(({ stream }) => stream));
        const rows = new Map<string, TablePoll>();
        for (const [index, table] of this.tables.entries()) {
          rows.set(table.stream.name, await table.poll(client, seen, ends[index]!));
        }
        return { rows, rejected: await fetchLatestRejected(client) };
      });
      this.availability.up("PostgreSQL");
      this.#become("ok");
      const key = JSON.stringify(news.rejected);
      if (key === this.#rejectedKey) return { rows: news.rows };
      this.#rejectedKey = key;
      this.#rejected = news.rejected;
      return news;
    } catch (error) {
      this.#failed(error);
      return { rows: new Map() };
    }
  }

  /** A user's rows. Throws what {@link SearchPool.run} throws. */
  async rowsOfUser(stream: string, user: number): Promise<Row[] | undefined> {
    const table = this.tables.find((table) => table.stream.name === stream);
    return table && await this.searches.run((client) => table.rowsOfUser(client, user));
  }

  #failed(error: unknown): void {
    const failure = error instanceof DiagnosedError
      ? error
      : permanentStatementError("Cannot read the tables", error);
    const transient = error instanceof TransientError || !isLasting(error);
    const kind = error instanceof TransientError ? error.kind : transient ? retryClass(error) : "permanent";
    this.availability.down("PostgreSQL", failure, kind);
    this.#become(transient ? "unavailable" : "error", failure.message);
  }

  #become(state: DatabaseState, message?: string): void {
    if (state !== this.#state) this.#since = Date.now();
    this.#state = state;
    this.#message = message;
  }
}

/** Whether polling again does not help until somebody corrects something. */
const isLasting = (error: unknown) => ["environment", "internal"].includes(classify(error));
