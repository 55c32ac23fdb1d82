/**
 * Follows one stream's table: a sample of what is stored at first, then new rows as they are committed.
 *
 * @module
 */
import type pg from "pg";
import type { Stream } from "../../shared/stream.ts";
import type { Row } from "../protocol.ts";
import { selectBlocks, spread } from "./blocks.ts";
import { RowSample, SAMPLE_ROWS } from "./row_sample.ts";
import { RecentRows } from "./recent_rows.ts";
import {
  fetchNewRows,
  fetchRows,
  fetchUserRows,
  type TableExtent,
  type TransactionSnapshot,
} from "./rows.ts";

/** Most rows that one look gives to the pages. */
const NEW_ROWS_MAX = 2_000;
/** Blocks of the first sample, and how many of them are read by one statement. */
const HISTORY_BLOCKS = 250;
const BLOCKS_PER_STATEMENT = 50;
/** Last blocks that are read whole at first, for the users' latest rows. */
const RECENT_BLOCKS = 64;
/** Last blocks that are searched for a user's rows: some 70,000 rows of `routes_table`. */
const USER_BLOCKS = 512;
const USER_ROWS_MAX = 2_000;
/** More rows than a block of 8 kB can hold. */
const ROWS_PER_BLOCK_MAX = 300;

/** What one look found. */
export interface TablePoll {
  readonly rows: readonly Row[];
  /** Not all rows that are new. */
  readonly sampled: boolean;
  /** All that was shown before is void: it is another table now. */
  readonly startedAnew: boolean;
}

/** One stream's table. */
export class TablePoller {
  readonly history = new RowSample();
  #last: { seen: TransactionSnapshot; file: string; blocks: number; earlier: number } | undefined;
  #rows = 0;

  /** @param depth most rows of each user that are of interest */
  constructor(readonly stream: Stream, readonly depth: number) {}

  /** Whether the table was there when it was last looked for. */
  get exists(): boolean {
    return this.#last !== undefined;
  }

  /** Rows as the statistics estimate them. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Looks for new rows, in the transaction of `now`.
   *
   * @param end where the table ends now
   */
  async poll(client: pg.Client, now: TransactionSnapshot, end: TableExtent): Promise<TablePoll> {
    const { file, blocks } = end;
    this.#rows = end.rows;
    if (file === undefined) return this.#forget();
    const last = this.#last;
    const next = { seen: now, file, blocks, earlier: last?.blocks ?? blocks };
    if (!last || last.file !== file || blocks < last.blocks) {
      const rows = await this.#begin(client, blocks);
      this.#last = next;
      return { rows, sampled: false, startedAnew: true };
    }
    const look = selectBlocks(last.earlier, last.blocks, blocks);
    // A share for each block, unless there are so few that each can be read whole.
    const each = Math.ceil(NEW_ROWS_MAX / Math.max(1, look.blocks.length));
    const rows = await fetchNewRows(client, this.stream, look.blocks, each, last.seen, now);
    this.#last = next;
    this.history.add(rows);
    return { rows, sampled: look.sampled || rows.length >= NEW_ROWS_MAX, startedAnew: false };
  }

  /** A user's rows, by timestamp: those of the last blocks, and what the sample has of earlier ones. */
  async rowsOfUser(client: pg.Client, user: number): Promise<Row[]> {
    if (!this.#last) return [];
    const from = Math.max(0, this.#last.blocks - USER_BLOCKS);
    const found = await fetchUserRows(client, this.stream, user, from, USER_ROWS_MAX);
    const sample = this.history.rows().filter((row) => row[0] === user);
    const all = new Map([...sample, ...found].map((row) => [row.join(), row]));
    return [...all.values()].sort((a, b) => a[1]! - b[1]!);
  }

  async #begin(client: pg.Client, blocks: number): Promise<Row[]> {
    this.history.clear();
    const recent = new RecentRows(this.depth);
    const sample = spread(0, blocks, HISTORY_BLOCKS);
    const each = Math.min(ROWS_PER_BLOCK_MAX, Math.ceil(SAMPLE_ROWS / Math.max(1, sample.length)));
    for (let i = 0; i < sample.length; i += BLOCKS_PER_STATEMENT) {
      this.history.add(await fetchRows(client, this.stream, sample.slice(i, i + BLOCKS_PER_STATEMENT), each));
    }
    const end = spread(Math.max(0, blocks - RECENT_BLOCKS), blocks, RECENT_BLOCKS);
    recent.add(this.history.rows());
    const known = new Set(this.history.rows().map((row) => row.join()));
    // The sample has some rows of the last blocks too; twice in a trail would be a stop that never was.
    const rows = await fetchRows(client, this.stream, end, ROWS_PER_BLOCK_MAX);
    recent.add(rows.filter((row) => !known.has(row.join())));
    return recent.rows();
  }

  #forget(): TablePoll {
    const startedAnew = this.#last !== undefined;
    this.#last = undefined;
    this.history.clear();
    return { rows: [], sampled: false, startedAnew };
  }
}
