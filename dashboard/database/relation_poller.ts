/**
 * Polls a table without partitions, or one partition: a sample of the stored rows first, then new rows as they are committed.
 *
 * @module
 */
import type pg from "pg";
import type { Stream } from "../../shared/stream.ts";
import type { Row } from "../protocol.ts";
import { isUpdated } from "../stream_info.ts";
import { selectBlocks, selectUpdatedBlocks, spread } from "./blocks.ts";
import { RecentRows } from "./recent_rows.ts";
import { type RowSample, SAMPLE_ROWS } from "./row_sample.ts";
import { fetchNewRows, fetchRows, type Relation, type TransactionSnapshot } from "./rows.ts";

/** New rows per poll. */
export const NEW_ROWS_MAX = 2_000;
/** Blocks of the first sample of a table. */
const SAMPLE_BLOCKS = 250;
/** Blocks per statement of the first poll, so that none exceeds its timeout on a busy server. */
const BLOCKS_PER_STATEMENT = 16;
/** Last blocks of a table that are read completely at first, for the keys' latest rows; at least some of each partition. */
const RECENT_BLOCKS = 64;
const RECENT_BLOCKS_MIN = 4;
/** More than a block of 8 kB can contain. */
const ROWS_PER_BLOCK_MAX = 300;

export class RelationPoller {
  #seen: TransactionSnapshot | undefined;
  /** Its size at the last poll and at the one before. */
  #blocks: number;
  #earlier: number;
  #polls = 0;

  /** @param sample all rows that are read are added to it */
  constructor(
    private readonly stream: Stream,
    public relation: Relation,
    private readonly sample: RowSample,
  ) {
    this.#blocks = this.#earlier = relation.blocks;
  }

  /** Number of polls in which the relation had grown since the last one. */
  growths = 0;

  /** Whether the relation has grown since the last poll. */
  get hasGrown(): boolean {
    return this.relation.blocks > this.#blocks;
  }

  /**
   * Reads a sample of the relation and its last blocks.
   *
   * @param share of the table's blocks
   * @param count number of the table's relations
   * @param depth maximum rows per key
   */
  async readFirst(
    client: pg.Client,
    now: TransactionSnapshot,
    { share, count, depth }: { share: number; count: number; depth: number },
  ): Promise<Row[]> {
    const { stream, relation, sample } = this;
    const { blocks } = relation;
    this.#seen = now;
    const selected = spread(0, blocks, Math.ceil(SAMPLE_BLOCKS * share));
    const rows = Math.ceil(SAMPLE_ROWS * share / Math.max(1, selected.length));
    const first = await this.#fetchInParts(client, selected, Math.min(ROWS_PER_BLOCK_MAX, rows));
    const last = Math.max(RECENT_BLOCKS_MIN, Math.floor(RECENT_BLOCKS / count));
    const end = spread(Math.max(0, blocks - last), blocks, last);
    const recent = new RecentRows(depth, isUpdated(stream));
    recent.add(first);
    const known = new Set(first.map((row) => row.join()));
    // The sample contains rows of the last blocks, too; a duplicate would look like a stop.
    const latest = await this.#fetchInParts(client, end, ROWS_PER_BLOCK_MAX);
    recent.add(latest.filter((row) => !known.has(row.join())));
    sample.add(first);
    return recent.rows();
  }

  async #fetchInParts(client: pg.Client, blocks: readonly number[], each: number): Promise<Row[]> {
    const rows: Row[] = [];
    for (let i = 0; i < blocks.length; i += BLOCKS_PER_STATEMENT) {
      const part = blocks.slice(i, i + BLOCKS_PER_STATEMENT);
      rows.push(...await fetchRows(client, this.stream, this.relation, part, each));
    }
    return rows;
  }

  /** Reads the rows that have become visible since the last poll; `sampled`: not all of them. */
  async poll(client: pg.Client, now: TransactionSnapshot): Promise<{ rows: Row[]; sampled: boolean }> {
    const { stream, relation } = this;
    const { blocks } = relation;
    const selection = isUpdated(stream)
      ? selectUpdatedBlocks(blocks, this.#polls++)
      : selectBlocks(this.#earlier, this.#blocks, blocks);
    // Limits each block so that together they do not exceed the maximum.
    const each = Math.ceil(NEW_ROWS_MAX / Math.max(1, selection.blocks.length));
    const rows = await fetchNewRows(client, stream, relation, selection.blocks, each, this.#seen!, now);
    if (this.hasGrown) this.growths++;
    this.#seen = now;
    this.#earlier = this.#blocks;
    this.#blocks = blocks;
    this.sample.add(rows);
    return { rows, sampled: selection.sampled || rows.length >= NEW_ROWS_MAX };
  }
}
