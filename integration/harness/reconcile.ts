/**
 * The oracle: compares what lies in a topic with what lies in PostgreSQL, row for row.
 *
 * @module
 */
import type { KafkaServer } from "../../local/servers/mod.ts";
import type { Database } from "./database.ts";
import { unescapeBytes } from "./escape_bytes.ts";
import { RowMultiset } from "./row_multiset.ts";
import { progressOf, rejectedRows, storedRows } from "./read_tables.ts";
import { readTopic, type TopicContent, type TopicRecord } from "./read_topic.ts";
import { rowOf, type Rules } from "./rules.ts";
import { waitUntil } from "./wait.ts";

/** What to compare, and what else than "each record once" is right. */
export interface ReconcileOptions {
  kafka: KafkaServer;
  database: Database;
  rules: Rules;
  /** Topic, with its prefix. */
  topic: string;
  /** The consumer groups that store into the tables; each stores every valid record once. */
  groups: string[];
  /** The topic, when it has been read already and nothing was sent since. */
  content?: TopicContent;
  /** Committed records that the topic held earlier, and that may have expired since. */
  earlier?: TopicContent;
  /** Whether a record expired before any consumer read it: then it must be nowhere. */
  lost?: (record: TopicRecord) => boolean;
  /**
   * Whether the database may refuse a valid record's row: then it must lie either in the table or, with a reason, in
   * quarantine, and not in both.
   */
  refusable?: (row: readonly number[]) => boolean;
  /**
   * Rows of one user must lie in the order of their records. PostgreSQL keeps the order of insertion only in a table
   * that nothing was removed from (no autovacuum), and it is promised only to records with the user as key.
   */
  ordered?: boolean;
  /** How long to wait for the consumers to be through; 90,000 when not given. */
  timeoutMs?: number;
  /** Looked at while waiting; throws when there is no use in waiting on. */
  unless?: () => void;
}

/** What was compared, when all was right. */
export interface Reconciliation {
  /** Committed records of the topic. */
  records: number;
  /** Of them: rows in the table, for one group. */
  stored: number;
  /** Of them: in quarantine. */
  rejected: number;
  /** Of them: expired before they were read. */
  lost: number;
  /** The topic as it was read. */
  content: TopicContent;
  /** Quarantine's reasons, each with its number of records. */
  reasons: Record<string, number>;
}

/** Something is missing, doubled or invented. */
export class ReconciliationError extends Error {
  override readonly name = "OracleError";
}

/** Differences that are printed; how many there are is said in any case. */
const PRINTED = 20;

/**
 * Waits until the consumers are through with a topic, reads it back from its beginning, and compares it with the tables:
 * nothing missing, nothing doubled, nothing invented, doubles bit for bit, quarantine byte for byte, progress at the ends.
 *
 * Nothing may be produced any more when it is called.
 *
 * @throws {ReconciliationError} With the first differences, each with topic, partition and offset.
 */
export async function reconcile(options: ReconcileOptions): Promise<Reconciliation> {
  const { kafka, database, rules, topic, groups, earlier, lost, unless } = options;
  const content = options.content ?? await readTopic(kafka, topic);
  const records = earlier ? union(earlier.records, content.records) : content.records;
  const lasts = lastOffsets(content);
  const progress = await arrival(options, lasts);

  const differences: string[] = [];
  const say = (difference: string) => differences.push(difference);
  const place = ({ partition, offset }: { partition: number; offset: number }) =>
    `topic ${topic}, partition ${partition}, offset ${offset}`;

  const rejected = new Map<string, Awaited<ReturnType<typeof rejectedRows>>[number]>();
  for (const row of await rejectedRows(database, topic)) rejected.set(`${row.partition}:${row.offset}`, row);

  const verdict: Reconciliation = {
    records: records.length,
    stored: 0,
    rejected: 0,
    lost: 0,
    content,
    reasons: {},
  };
  const expected = new RowMultiset(rules.columns.length);
  const valid: { record: TopicRecord; row: number[] }[] = [];
  const seen = new Set<string>();
  for (const record of records) {
    const id = `${record.partition}:${record.offset}`;
    const quarantined = rejected.get(id);
    if (lost?.(record)) {
      verdict.lost++;
      if (quarantined) say(`${place(record)} expired before it was read, and yet lies in rejected_records`);
      seen.add(id);
      continue;
    }
    const row = rowOf(rules, record.value === null ? null : unescapeBytes(record.value));
    if (row && !(quarantined && options.refusable?.(row))) {
      expected.add(row, groups.length);
      valid.push({ record, row });
      verdict.stored++;
      continue;
    }
    seen.add(id);
    verdict.rejected++;
    if (!quarantined) {
      say(`missing in rejected_records: ${place(record)}: ${shown(record.value)}`);
      continue;
    }
    if (quarantined.key !== record.key) {
      say(
        `another key in rejected_records: ${place(record)}: ${shown(quarantined.key)}, not ${
          shown(record.key)
        }`,
      );
    }
    if (quarantined.value !== record.value) {
      say(
        `another value in rejected_records: ${place(record)}: ${shown(quarantined.value)}, not ${
          shown(record.value)
        }`,
      );
    }
    if (!quarantined.reason || !quarantined.detail) {
      say(`no reason or no detail in rejected_records: ${place(record)}`);
    }
    verdict.reasons[quarantined.reason] = (verdict.reasons[quarantined.reason] ?? 0) + 1;
  }
  for (const [id, row] of rejected) {
    if (!seen.has(id)) {
      say(
        `should not lie in rejected_records: ${place(row)}: ${
          shown(row.value)
        } (${row.reason}: ${row.detail})`,
      );
    }
  }

  const stored = await storedRows(database, rules);
  const surplus: (readonly number[])[] = [];
  for (const { numbers } of stored) {
    if (expected.count(numbers) === undefined || expected.add(numbers, -1) < 0) surplus.push(numbers);
  }
  for (const { record, row } of valid) {
    // What was stored too often was counted below zero.
    if (expected.count(row)! > 0) {
      expected.add(row, -1);
      say(`missing in ${rules.table}: ${place(record)}: ${shown(record.value)}`);
    }
  }
  surplus.forEach((row, index) => {
    // Looked up only for those that are printed.
    const source = index < PRINTED
      ? valid.find((v) => v.row.every((number, i) => Object.is(number, row[i])))
      : undefined;
    say(
      source
        ? `doubled in ${rules.table}: ${row.join(", ")} (${place(source.record)})`
        : `invented in ${rules.table}: ${row.join(", ")}`,
    );
  });
  if (options.ordered && differences.length === 0) {
    compareOrder(
      valid,
      stored.map(({ numbers }) => numbers),
      (record) => say(`out of order: ${place(record)}`),
    );
  }
  for (const [group, offsets] of progress) {
    content.ends.forEach((end, partition) => {
      const next = offsets.get(partition) ?? 0;
      if (next < lasts[partition]! + 1 || next > end) {
        say(
          `consumer_progress of group ${group} is ${next} in partition ${partition} of topic ${topic}, which ends at ${end}`,
        );
      }
    });
  }
  unless?.();

  if (differences.length > 0) {
    throw new ReconciliationError(
      `${differences.length} differences between topic ${topic} (${records.length} records) and database ${database.name}:\n` +
        differences.slice(0, PRINTED).map((difference) => `  ${difference}`).join("\n"),
    );
  }
  return verdict;
}

/** Waits until every group has gone past the last record of each partition; returns their progress. */
async function arrival(
  options: ReconcileOptions,
  lasts: number[],
): Promise<Map<string, Map<number, number>>> {
  const { database, groups, topic, timeoutMs = 90_000, unless } = options;
  const progress = new Map<string, Map<number, number>>();
  const deadline = Date.now() + timeoutMs;
  for (const group of groups) {
    try {
      await waitUntil(`group ${group} to reach the ends`, async () => {
        const offsets = await progressOf(database, group, topic);
        progress.set(group, offsets);
        return lasts.every((last, p) => (offsets.get(p) ?? 0) > last);
      }, { timeoutMs: Math.max(1, deadline - Date.now()), pollIntervalMs: 100, ...unless && { unless } });
    } catch (cause) {
      const offsets = lasts.map((last, p) =>
        `partition ${p}: ${progress.get(group)?.get(p) ?? "nothing"} of ${last + 1}`
      );
      throw new ReconciliationError(
        `Group ${group} is not through with topic ${topic} after ${timeoutMs} ms: ${offsets.join(", ")}`,
        { cause },
      );
    }
  }
  return progress;
}

/** For each partition the offset of its last record; −1 when it has none. */
function lastOffsets({ records, ends }: TopicContent): number[] {
  const lasts = ends.map(() => -1);
  for (const { partition, offset } of records) lasts[partition] = Math.max(lasts[partition]!, offset);
  return lasts;
}

/** Calls `wrong` with the first record of each user whose row isn't where it should be. */
function compareOrder(
  valid: { record: TopicRecord; row: number[] }[],
  stored: number[][],
  wrong: (record: TopicRecord) => void,
): void {
  const byUser = Map.groupBy(stored, ([user]) => user);
  const next = new Map<number, number>();
  for (const { record, row } of valid) {
    const user = row[0]!;
    const index = next.get(user) ?? 0;
    if (index === -1) continue;
    const found = byUser.get(user)![index]!;
    const right = row.every((number, i) => Object.is(number, found[i]));
    next.set(user, right ? index + 1 : -1);
    if (!right) wrong(record);
  }
}

/** Records of two readings, each once, by partition and offset. */
function union(a: TopicRecord[], b: TopicRecord[]): TopicRecord[] {
  const all = new Map<string, TopicRecord>();
  for (const record of [...a, ...b]) all.set(`${record.partition}:${record.offset}`, record);
  return [...all.values()].sort((a, b) => a.partition - b.partition || a.offset - b.offset);
}

/** Bytes, not too many of them. */
function shown(text: string | null): string {
  if (text === null) return "null";
  return text.length > 200 ? `${text.slice(0, 200)}… (${text.length} characters)` : text;
}
