/**
 * Polls the database once for all pages.
 *
 * @module
 */
import { DiagnosedError, TransientError } from "../../shared/errors.ts";
import { classify, permanentStatementError, retryClass } from "../../shared/postgres/errors.ts";
import type { Availability } from "../../shared/observe/availability.ts";
import type { Stream } from "../../shared/stream.ts";
import type { KeyRows, RejectedRecord, ServerStatus, Status, TableStatus } from "../protocol.ts";
import { type ProgressRow, readTopicProgress } from "../../shared/schema/progress.ts";
import { nextStatus, startingStatus } from "../server_status.ts";
import { placeColumns } from "../stream_info.ts";
import { readOwnTables } from "./own_tables.ts";
import type { Reader } from "./reader.ts";
import { countRejectedRecords, fetchLatestRejected } from "./rejected.ts";
import type { SearchPool } from "./search_pool.ts";
import { currentSnapshot, fetchTableExtents } from "./rows.ts";
import { type TablePoll, TablePoller } from "./table_poller.ts";

/** Rows per key on the map; other streams show only the latest. */
const TRAIL_ROWS_MAX = 60;

/** Result of a poll. */
export interface DatabasePoll {
  /** By stream. */
  readonly rows: ReadonlyMap<string, TablePoll>;
  /** If they have changed. */
  readonly rejected?: readonly RejectedRecord[];
}

export class DatabasePoller {
  readonly tables: readonly TablePoller[];
  #state = startingStatus();
  #rejected: readonly RejectedRecord[] = [];
  #rejectedKey = "[]";
  #rejectedCount: Status["rejected"];
  #progress: readonly ProgressRow[] | undefined;

  constructor(
    private readonly reader: Pick<Reader, "run">,
    private readonly searches: Pick<SearchPool, "run">,
    private readonly availability: Availability,
    private readonly streams: readonly Stream[],
    private readonly group: string,
  ) {
    this.tables = streams.map((stream) => new TablePoller(stream, placeColumns(stream) ? TRAIL_ROWS_MAX : 1));
  }

  get state(): ServerStatus {
    return this.#state;
  }

  get rejected(): readonly RejectedRecord[] {
    return this.#rejected;
  }

  /** Number of rejected records at the last successful poll. */
  get rejectedCount(): Status["rejected"] {
    return this.#rejectedCount;
  }

  /** Progress of the consumer group at the last successful poll; `undefined`: none yet. */
  get progress(): readonly ProgressRow[] | undefined {
    return this.#progress;
  }

  /** The tables at the last successful poll. */
  get status(): TableStatus[] {
    return this.tables.map(({ stream, exists, rows }) => ({
      stream: stream.name,
      exists,
      rows: Math.round(rows),
    }));
  }

  /** Polls once. Never throws: an error changes {@link state} and returns the rows read before. */
  async poll(): Promise<DatabasePoll> {
    try {
      const result = await this.reader.run(async (client) => {
        const snapshot = await currentSnapshot(client);
        const extents = await fetchTableExtents(client, this.tables.map(({ stream }) => stream));
        for (const [index, table] of this.tables.entries()) {
          await table.poll(client, snapshot, extents[index]);
        }
        const own = await readOwnTables(client), topics = this.streams.map(({ topic }) => topic);
        const rejectedCount = await countRejectedRecords(client, own);
        const progress = own.hasProgress ? await readTopicProgress(client, this.group, topics) : [];
        return { rejected: await fetchLatestRejected(client, own), rejectedCount, progress };
      });
      this.#rejectedCount = result.rejectedCount;
      this.#progress = result.progress;
      this.availability.up("PostgreSQL");
      this.#state = nextStatus(this.#state, "ok");
      const key = JSON.stringify(result.rejected);
      if (key === this.#rejectedKey) return { rows: this.#takeRows() };
      this.#rejectedKey = key;
      this.#rejected = result.rejected;
      return { rows: this.#takeRows(), rejected: result.rejected };
    } catch (error) {
      this.#handleError(error);
      return { rows: this.#takeRows() };
    }
  }

  /** The rows that the tables have read: they are committed even if a later statement failed. */
  #takeRows(): Map<string, TablePoll> {
    return new Map(this.tables.flatMap((table) => {
      const result = table.takeResult();
      return result ? [[table.stream.name, result] as const] : [];
    }));
  }

  /**
   * Reads the rows of a key; `undefined`: unknown stream.
   *
   * @throws what {@link SearchPool.run} throws
   */
  async rowsOfKey(stream: string, key: string): Promise<KeyRows | undefined> {
    const table = this.tables.find((table) => table.stream.name === stream);
    return table && await this.searches.run((client) => table.rowsOfKey(client, key));
  }

  #handleError(error: unknown): void {
    const failure = error instanceof DiagnosedError
      ? error
      : permanentStatementError("Cannot read the tables", error);
    const transient = error instanceof TransientError || !needsOperator(error);
    const kind = error instanceof TransientError ? error.kind : transient ? retryClass(error) : "permanent";
    this.availability.down("PostgreSQL", failure, kind);
    this.#state = nextStatus(this.#state, transient ? "unavailable" : "error", failure.message);
  }
}

/** Whether polling fails until the cause is corrected. */
const needsOperator = (error: unknown) => ["environment", "internal"].includes(classify(error));
