/**
 * Compares the content of a topic with the content of PostgreSQL, row by row.
 *
 * @module
 */
import type { KafkaServer } from "../../local/servers/mod.ts";
import type { Database } from "./database.ts";
import { type Expectation, expectedRows, type Row } from "./expected_rows.ts";
import {
  readProgress,
  readRejectedRecords,
  readRows,
  type RejectedRow,
  withCatalogTypes,
} from "./read_tables.ts";
import { type Expected, keyOf, outOfOrder } from "./row_order.ts";
import { readTopic, type TopicContent, type TopicRecord } from "./read_topic.ts";
import type { Rules } from "./rules.ts";
import { waitUntil } from "./wait.ts";

/** What to compare, and which deviations from "each record once" are correct. */
export interface ReconcileOptions {
  kafka: KafkaServer;
  database: Database;
  rules: Rules;
  /** Topic, with its prefix. */
  topic: string;
  /** The consumer groups that store into the tables; each stores every valid record once. */
  groups: string[];
  /** The topic, if it has been read before and nothing was sent since. */
  content?: TopicContent;
  /** Committed records that the topic held earlier; some may have expired since. */
  earlier?: TopicContent;
  /** Whether a record expired before a consumer read it: it must be in no table. */
  lost?: (record: TopicRecord) => boolean;
  /** Whether the database may reject a valid record's row: it must be either in the table or in `rejected_records`. */
  mayBeRejected?: (row: Row) => boolean;
  /** Whether a previous version rejected some of the records, without their timestamps and headers. */
  previousVersion?: boolean;
  /**
   * Whether the rows of each key must be in the order of their records. The table shows the order of insertion only if no row was
   * removed (no autovacuum).
   */
  ordered?: boolean;
  /** Time for the consumers to reach the end of the topic, 90,000 ms by default. */
  timeoutMs?: number;
  /** Called while waiting; throw to stop. */
  unless?: () => void;
}

/** Result of a comparison without differences. */
export interface Reconciliation {
  /** Committed records of the topic. */
  records: number;
  /** Those in the table, for one group. */
  stored: number;
  /** Those that another record with the same key has replaced or deleted. */
  superseded: number;
  /** Those in `rejected_records`. */
  rejected: number;
  /** Those that expired before they were read. */
  lost: number;
  content: TopicContent;
  /** Number of rejected records by reason. */
  reasons: Record<string, number>;
}

/** A row is missing, duplicated or invented. */
export class ReconciliationError extends Error {
  override readonly name = "ReconciliationError";
}

/** Number of differences in an error message. */
const SHOWN_DIFFERENCES_MAX = 20;

/**
 * Waits until all groups have read the topic to its end, reads it from its beginning, and compares it with the tables: no record
 * missing, duplicated or invented; values as PostgreSQL prints them, rejected records byte for byte, progress at the end.
 *
 * All producers must have stopped.
 *
 * @throws {ReconciliationError} with the first differences, each with topic, partition and offset
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { kafka, database, topic, earlier, unless } = options;
  const content = options.content ?? await readTopic(kafka, topic);
  const records = earlier ? union(earlier.records, content.records) : content.records;
  const lastOffsets = findLastOffsets(content);
  const progress = await waitForProgress(options, lastOffsets);

  const rules = await withCatalogTypes(database, options.rules);
  const expectations = await expectedRows(rules, topic, records);
  const comparison = new Comparison(options, content);
  comparison.compareRecords(records, expectations, await readRejectedRecords(database, topic));
  comparison.compareRows(await readRows(database, rules));
  comparison.compareProgress(progress, lastOffsets);
  unless?.();

  const { differences } = comparison;
  if (differences.length > 0) {
    throw new ReconciliationError(
      `${differences.length} differences between topic ${topic} (${records.length} records) and database ${database.name}:\n` +
        differences.slice(0, SHOWN_DIFFERENCES_MAX).map((difference) => `  ${difference}`).join("\n"),
    );
  }
  return comparison.result;
}

class Comparison {
  readonly differences: string[] = [];
  readonly result: Reconciliation;
  readonly #options: ReconcileOptions;
  readonly #valid: Expected[] = [];
  /** Number of rows that are still to be found in the table, by {@link keyOf}. */
  readonly #expected = new Map<string, number>();

  constructor(options: ReconcileOptions, content: TopicContent) {
    this.#options = options;
    this.result = { records: 0, stored: 0, superseded: 0, rejected: 0, lost: 0, content, reasons: {} };
  }

  /** Decides for each record whether it is stored, rejected or lost, and compares those that are rejected. */
  compareRecords(
    records: readonly TopicRecord[],
    expectations: readonly Expectation[],
    rejectedRows: readonly RejectedRow[],
  ): void {
    const { groups, lost, mayBeRejected } = this.#options;
    const key = ({ partition, offset }: { partition: number; offset: number }) => `${partition}:${offset}`;
    const rejectedByKey = new Map(rejectedRows.map((row) => [key(row), row]));
    const compared = new Set<string>();
    this.result.records = records.length;
    for (const [index, record] of records.entries()) {
      const rejected = rejectedByKey.get(key(record));
      if (lost?.(record)) {
        this.result.lost++;
        compared.add(key(record));
        if (rejected) this.#report("expired before it was read, but is in rejected_records", record);
        continue;
      }
      const { row, ...other } = expectations[index]!;
      if (row && !(rejected && mayBeRejected?.(row))) {
        this.result.stored++;
        this.#add(row, groups.length);
        this.#valid.push({ record, row });
      } else if ("rejected" in other && other.rejected === undefined) {
        this.result.superseded++;
      } else {
        this.result.rejected++;
        compared.add(key(record));
        this.#compareRejected(record, rejected, "rejected" in other ? other.rejected : undefined);
      }
    }
    for (const [id, row] of rejectedByKey) {
      if (compared.has(id)) continue;
      this.#report(
        "unexpected in rejected_records",
        row,
        `${shorten(row.value)} (${row.reason}: ${row.detail})`,
      );
    }
  }

  #compareRejected(record: TopicRecord, rejected: RejectedRow | undefined, why = ""): void {
    if (!rejected) {
      return this.#report(
        "missing in rejected_records",
        record,
        `${shorten(record.value)}${why && ` (${why})`}`,
      );
    }
    for (const name of ["key", "value", "timestamp", "headers"] as const) {
      if (rejected[name] === record[name]) continue;
      if (rejected[name] === undefined && this.#options.previousVersion) continue;
      const values = `${shorten(rejected[name])}, not ${shorten(record[name])}`;
      this.#report(`different ${name} in rejected_records`, record, values);
    }
    const { reason, detail } = rejected;
    if (!reason || !detail) this.#report("no reason or no detail in rejected_records", record);
    this.result.reasons[reason] = (this.result.reasons[reason] ?? 0) + 1;
  }

  /** Compares the table's rows, in the order of their insertion, with the valid records. */
  compareRows(rows: readonly Row[]): void {
    const { rules, ordered } = this.#options;
    const { table } = rules;
    const surplus = rows.filter((row) => !this.#expected.has(keyOf(row)) || this.#add(row, -1) < 0);
    for (const { record, row } of this.#valid) {
      // The count of duplicated rows is negative.
      if (this.#expected.get(keyOf(row))! <= 0) continue;
      this.#add(row, -1);
      this.#report(`missing in ${table}`, record, shorten(record.value));
    }
    for (const [index, row] of surplus.entries()) {
      // The search is slow: only for differences that are shown.
      const source = index < SHOWN_DIFFERENCES_MAX &&
        this.#valid.find((valid) => keyOf(valid.row) === keyOf(row));
      this.differences.push(
        source
          ? `duplicated in ${table}: ${row.join(", ")} (${this.#place(source.record)})`
          : `invented in ${table}: ${row.join(", ")}`,
      );
    }
    if (ordered && this.differences.length === 0) {
      const key = rules.columns.findIndex(({ name }) => name === rules.key);
      for (const record of outOfOrder(this.#valid, rows, key)) this.#report("out of order", record);
    }
  }

  /** Adds `times` to the number of expected rows like this one, and returns the new number. */
  #add(row: Row, times: number): number {
    const key = keyOf(row);
    const count = (this.#expected.get(key) ?? 0) + times;
    this.#expected.set(key, count);
    return count;
  }

  compareProgress(progress: ReadonlyMap<string, ReadonlyMap<number, number>>, lastOffsets: number[]): void {
    for (const [group, offsets] of progress) {
      this.result.content.ends.forEach((end, partition) => {
        const next = offsets.get(partition) ?? 0;
        if (next > lastOffsets[partition]! && next <= end) return;
        this.differences.push(
          `consumer_progress of group ${group} is ${next} in partition ${partition} of topic ${this.#options.topic}, which ends at ${end}`,
        );
      });
    }
  }

  #report(what: string, record: { partition: number; offset: number }, values?: string): void {
    this.differences.push(`${what}: ${this.#place(record)}${values === undefined ? "" : `: ${values}`}`);
  }

  #place({ partition, offset }: { partition: number; offset: number }): string {
    return `topic ${this.#options.topic}, partition ${partition}, offset ${offset}`;
  }
}

/** Waits until every group's progress is past the last record of each partition; returns it by group and partition. */
async function waitForProgress(
  options: ReconcileOptions,
  lastOffsets: number[],
): Promise<Map<string, Map<number, number>>> {
  const { database, groups, topic, timeoutMs = 90_000, unless } = options;
  const progress = new Map<string, Map<number, number>>();
  const deadline = Date.now() + timeoutMs;
  for (const group of groups) {
    try {
      await waitUntil(`group ${group} to reach the end of topic ${topic}`, async () => {
        const offsets = await readProgress(database, group, topic);
        progress.set(group, offsets);
        return lastOffsets.every((last, partition) => (offsets.get(partition) ?? 0) > last);
      }, { timeoutMs: Math.max(1, deadline - Date.now()), pollIntervalMs: 100, ...unless && { unless } });
    } catch (cause) {
      const offsets = lastOffsets.map((last, p) =>
        `partition ${p}: ${progress.get(group)?.get(p) ?? "no offset"} of ${last + 1}`
      );
      throw new ReconciliationError(
        `Group ${group} did not reach the end of topic ${topic} within ${timeoutMs} ms: ${
          offsets.join(", ")
        }`,
        { cause },
      );
    }
  }
  return progress;
}

/** Offset of the last record of each partition; −1 if the partition is empty. */
function findLastOffsets({ records, ends }: TopicContent): number[] {
  const last = ends.map(() => -1);
  for (const { partition, offset } of records) last[partition] = Math.max(last[partition]!, offset);
  return last;
}

/** Records of two reads, each once, by partition and offset. */
function union(a: TopicRecord[], b: TopicRecord[]): TopicRecord[] {
  const all = new Map<string, TopicRecord>();
  for (const record of [...a, ...b]) all.set(`${record.partition}:${record.offset}`, record);
  return [...all.values()].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

function shorten(value: string | number | null | undefined): string {
  const text = String(value);
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
}
