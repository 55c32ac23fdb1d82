/**
 * Polls the table of a stream: a sample of the stored rows first, then new rows as they are committed.
 *
 * @module
 */
import type pg from "pg";
import type { Stream } from "../../shared/stream.ts";
import type { KeyRows, Row } from "../protocol.ts";
import { isUpdated } from "../stream_info.ts";
import { selectBlocks, selectUpdatedBlocks, spread } from "./blocks.ts";
import { RowSample, SAMPLE_ROWS } from "./row_sample.ts";
import { KEY, RecentRows, TIME } from "./recent_rows.ts";
import {
  fetchKeys,
  fetchNewRows,
  fetchRows,
  fetchRowsOfKey,
  type TableExtent,
  type TransactionSnapshot,
} from "./rows.ts";

/** New rows per poll. */
const NEW_ROWS_MAX = 2_000;
/** The keys of a table whose rows are updated are read once in this many polls. */
const KEYS_POLLS = 5;
/** Blocks of the first sample, and blocks per statement that reads them. */
const SAMPLE_BLOCKS = 250;
const BLOCKS_PER_STATEMENT = 50;
/** Last blocks that are read completely at first, for the keys' latest rows. */
const RECENT_BLOCKS = 64;
/** Last blocks that are searched for the rows of a key: about 70,000 rows of four columns. */
const KEY_BLOCKS = 512;
const KEY_ROWS_MAX = 2_000;
/** More than a block of 8 kB can contain. */
const ROWS_PER_BLOCK_MAX = 300;

export interface TablePoll {
  readonly rows: readonly Row[];
  /** Not all new rows are included. */
  readonly sampled: boolean;
  /** The table was created, dropped, truncated or rewritten: earlier rows are obsolete. */
  readonly replaced: boolean;
  /** All keys of the table, in some polls, if its rows are updated and it is small. Other keys were deleted. */
  readonly keys?: ReadonlySet<string>;
}

export class TablePoller {
  readonly sample = new RowSample();
  #last: { seen: TransactionSnapshot; file: string; blocks: number; earlier: number } | undefined;
  #rows = 0;
  #polls = 0;

  /** @param depth maximum rows kept per key */
  constructor(readonly stream: Stream, readonly depth: number) {}

  /** Whether the table existed at the last poll. */
  get exists(): boolean {
    return this.#last !== undefined;
  }

  /** Number of rows, as estimated by the statistics. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Reads new rows in the transaction of `now`.
   *
   * @param extent of the table in this transaction
   */
  async poll(client: pg.Client, now: TransactionSnapshot, extent: TableExtent): Promise<TablePoll> {
    const { file, blocks } = extent;
    this.#rows = extent.rows;
    if (file === undefined) return this.#clear();
    const last = this.#last;
    const next = { seen: now, file, blocks, earlier: last?.blocks ?? blocks };
    if (!last || last.file !== file || blocks < last.blocks) {
      const rows = await this.#readFirst(client, blocks);
      this.#last = next;
      return { rows, sampled: false, replaced: true };
    }
    const selection = isUpdated(this.stream)
      ? selectUpdatedBlocks(blocks, this.#polls++)
      : selectBlocks(last.earlier, last.blocks, blocks);
    // Limits each block so that together they do not exceed the maximum.
    const each = Math.ceil(NEW_ROWS_MAX / Math.max(1, selection.blocks.length));
    const rows = await fetchNewRows(client, this.stream, selection.blocks, each, last.seen, now);
    const readsKeys = isUpdated(this.stream) && !selection.sampled && this.#polls % KEYS_POLLS === 0;
    const keys = readsKeys ? await fetchKeys(client, this.stream, blocks) : undefined;
    this.#last = next;
    this.sample.add(rows);
    const sampled = selection.sampled || rows.length >= NEW_ROWS_MAX;
    return { rows, sampled, replaced: false, ...keys && { keys } };
  }

  /** The rows of a key in the last blocks; if there are none, those in the sample. */
  async rowsOfKey(client: pg.Client, key: string): Promise<KeyRows> {
    if (!this.#last) return { rows: [], extent: "all", searched: 0 };
    const { blocks } = this.#last;
    const from = Math.max(0, blocks - KEY_BLOCKS);
    const found = await fetchRowsOfKey(client, this.stream, key, from, KEY_ROWS_MAX);
    const rows = found.sort((a, b) => a[TIME] - b[TIME]);
    const isComplete = from === 0 && rows.length < KEY_ROWS_MAX;
    const searched = Math.round(this.#rows * (blocks - from) / Math.max(1, blocks));
    if (rows.length > 0 || isComplete) return { rows, extent: isComplete ? "all" : "latest", searched };
    // The sample contains earlier versions of updated rows.
    const sample = isUpdated(this.stream) ? [] : this.sample.rows().filter((row) => row[KEY] === key);
    return { rows: sample, extent: sample.length > 0 ? "sample" : "latest", searched };
  }

  async #readFirst(client: pg.Client, blocks: number): Promise<Row[]> {
    this.sample.clear();
    const recent = new RecentRows(this.depth, isUpdated(this.stream));
    const sample = spread(0, blocks, SAMPLE_BLOCKS);
    const each = Math.min(ROWS_PER_BLOCK_MAX, Math.ceil(SAMPLE_ROWS / Math.max(1, sample.length)));
    for (let i = 0; i < sample.length; i += BLOCKS_PER_STATEMENT) {
      this.sample.add(await fetchRows(client, this.stream, sample.slice(i, i + BLOCKS_PER_STATEMENT), each));
    }
    const end = spread(Math.max(0, blocks - RECENT_BLOCKS), blocks, RECENT_BLOCKS);
    recent.add(this.sample.rows());
    const known = new Set(this.sample.rows().map((row) => row.join()));
    // The sample contains rows of the last blocks, too; a duplicate would look like a stop.
    const rows = await fetchRows(client, this.stream, end, ROWS_PER_BLOCK_MAX);
    recent.add(rows.filter((row) => !known.has(row.join())));
    return recent.rows();
  }

  #clear(): TablePoll {
    const replaced = this.#last !== undefined;
    this.#last = undefined;
    this.sample.clear();
    return { rows: [], sampled: false, replaced };
  }
}
