/**
 * Polls the table of a stream, or its partitions.
 *
 * @module
 */
import type pg from "pg";
import type { Stream } from "../../shared/stream.ts";
import type { KeyRows, Row } from "../protocol.ts";
import { isUpdated } from "../stream_info.ts";
import { UPDATED_BLOCKS_MAX } from "./blocks.ts";
import { KEY, TIME } from "./recent_rows.ts";
import { RelationPoller } from "./relation_poller.ts";
import { RowSample } from "./row_sample.ts";
import {
  fetchKeys,
  fetchRowsOfKey,
  type Relation,
  type TableExtent,
  type TransactionSnapshot,
} from "./rows.ts";

/** Partitions per poll: those that have grown, then those whose last poll is the longest ago. */
const RELATIONS_PER_POLL = 8;
/** The keys of a table whose rows are updated are read once in this many polls. */
const KEYS_POLLS = 5;
/** Last blocks that are searched for the rows of a key: about 70,000 rows of four columns; at least some of each partition. */
const KEY_BLOCKS = 512;
const KEY_BLOCKS_MIN = 16;
const KEY_ROWS_MAX = 2_000;

export interface TablePoll {
  readonly rows: readonly Row[];
  /** Not all new rows are included. */
  readonly sampled: boolean;
  /** The table was created, dropped, truncated or rewritten: earlier rows are obsolete. */
  readonly replaced: boolean;
  /** All keys of the table, in some polls, if its rows are updated and it is small. Other keys were deleted. */
  readonly keys?: ReadonlySet<string>;
}

const blocksOf = (extent: readonly Relation[]): number => extent.reduce((sum, { blocks }) => sum + blocks, 0);

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

export class TablePoller {
  readonly sample = new RowSample();
  /** By id, those first whose last poll is the longest ago. */
  readonly #relations = new Map<string, RelationPoller>();
  #exists = false;
  /** Whether the first rows of the table have not been read yet. */
  #isReplaced = false;
  #result: Mutable<TablePoll> | undefined;
  #rows = 0;
  #polls = 0;

  /** @param depth maximum rows kept per key */
  constructor(readonly stream: Stream, readonly depth: number) {}

  /** Whether the table existed at the last poll. */
  get exists(): boolean {
    return this.#exists;
  }

  /** Number of rows, as estimated by the statistics. */
  get rows(): number {
    return this.#rows;
  }

  /**
   * Reads new rows in the transaction of `now`. {@link takeResult} returns them, also those read before an error.
   *
   * @param extent of the table in this transaction
   */
  async poll(client: pg.Client, now: TransactionSnapshot, extent: TableExtent): Promise<void> {
    this.#rows = extent?.reduce((sum, { rows }) => sum + rows, 0) ?? 0;
    const existed = this.#exists;
    this.#exists = extent !== undefined;
    this.#isReplaced ||= existed !== this.#exists || (extent !== undefined && this.#isReplacedBy(extent));
    if (this.#isReplaced) this.#clear();
    const result = this.#result = { rows: [], sampled: false, replaced: this.#isReplaced };
    if (extent) await this.#read(client, now, extent, result);
    this.#isReplaced = false;
  }

  /** The result of the last poll, once; `undefined`: there was none. */
  takeResult(): TablePoll | undefined {
    const result = this.#result;
    this.#result = undefined;
    return result;
  }

  /** The rows of a key in the last blocks of the growing partitions; if there are none, those in the sample. */
  async rowsOfKey(client: pg.Client, key: string): Promise<KeyRows> {
    const all = [...this.#relations.values()].filter(({ relation }) => relation.blocks > 0);
    const growing = all.filter(({ growths }) => growths > 0);
    const selected = growing.length > 0 ? growing : all;
    const blocks = Math.max(KEY_BLOCKS_MIN, Math.floor(KEY_BLOCKS / Math.max(1, selected.length)));
    const rows: Row[] = [];
    let isComplete = selected.length === all.length, searched = 0;
    for (const { relation } of selected) {
      const from = Math.max(0, relation.blocks - blocks);
      const found = await fetchRowsOfKey(client, this.stream, relation, key, from, KEY_ROWS_MAX);
      rows.push(...found);
      if (from > 0 || found.length >= KEY_ROWS_MAX) isComplete = false;
      searched += relation.rows * (relation.blocks - from) / relation.blocks;
    }
    rows.sort((a, b) => a[TIME] - b[TIME]);
    searched = Math.round(searched);
    if (rows.length > 0 || isComplete) return { rows, extent: isComplete ? "all" : "latest", searched };
    // The sample contains earlier versions of updated rows.
    const sample = isUpdated(this.stream) ? [] : this.sample.rows().filter((row) => row[KEY] === key);
    return { rows: sample, extent: sample.length > 0 ? "sample" : "latest", searched };
  }

  async #read(
    client: pg.Client,
    now: TransactionSnapshot,
    extent: readonly Relation[],
    result: Mutable<TablePoll>,
  ): Promise<void> {
    const due = this.#dueRelations(extent);
    await this.#readFirst(client, now, extent, result);
    result.sampled = due.some((poller, i) => i >= RELATIONS_PER_POLL && poller.hasGrown);
    for (const poller of due.slice(0, RELATIONS_PER_POLL)) {
      const { rows, sampled } = await poller.poll(client, now);
      result.rows = result.rows.concat(rows);
      result.sampled ||= sampled;
      this.#relations.delete(poller.relation.id);
      this.#relations.set(poller.relation.id, poller);
    }
    const keys = result.replaced ? undefined : await this.#readKeys(client, extent);
    if (keys) result.keys = keys;
  }

  /** Whether a known relation was dropped, truncated or rewritten. */
  #isReplacedBy(extent: readonly Relation[]): boolean {
    const current = new Map(extent.map((relation) => [relation.id, relation]));
    return [...this.#relations.values()].some(({ relation: { id, file, blocks } }) => {
      const now = current.get(id);
      return !now || now.file !== file || now.blocks < blocks;
    });
  }

  /** The known relations, with their current size, in the order in which they are polled. */
  #dueRelations(extent: readonly Relation[]): RelationPoller[] {
    for (const relation of extent) {
      const poller = this.#relations.get(relation.id);
      if (poller) poller.relation = relation;
    }
    const known = [...this.#relations.values()];
    return [...known.filter(({ hasGrown }) => hasGrown), ...known.filter(({ hasGrown }) => !hasGrown)];
  }

  /** Reads the first rows of relations that are not known yet. */
  async #readFirst(
    client: pg.Client,
    now: TransactionSnapshot,
    extent: readonly Relation[],
    result: Mutable<TablePoll>,
  ): Promise<void> {
    const blocks = blocksOf(extent);
    for (const relation of extent) {
      if (this.#relations.has(relation.id)) continue;
      const poller = new RelationPoller(this.stream, relation, this.sample);
      const share = relation.blocks / Math.max(1, blocks);
      const rows = await poller.readFirst(client, now, { share, count: extent.length, depth: this.depth });
      result.rows = result.rows.concat(rows);
      this.#relations.set(relation.id, poller);
    }
  }

  /** All keys, in some polls of a small table whose rows are updated. */
  async #readKeys(client: pg.Client, extent: readonly Relation[]): Promise<Set<string> | undefined> {
    const blocks = blocksOf(extent);
    if (!isUpdated(this.stream) || blocks > UPDATED_BLOCKS_MAX) return undefined;
    if (++this.#polls % KEYS_POLLS !== 0) return undefined;
    const keys = new Set<string>();
    for (const relation of extent) {
      for (const key of await fetchKeys(client, this.stream, relation)) keys.add(key);
    }
    return keys;
  }

  #clear(): void {
    this.#relations.clear();
    this.sample.clear();
  }
}
