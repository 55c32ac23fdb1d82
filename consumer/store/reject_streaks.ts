/**
 * The circuit breaker: an unbroken streak of records that the database rejects for one cause is taken for a fault of the table.
 *
 * @module
 */
import type pg from "pg";
import { reject, type Rejection } from "../../shared/codec/rejection.ts";
import { PermanentError } from "../../shared/errors.ts";
import { escapeNonAscii, escapeUnprintable } from "../../shared/escape.ts";
import type { PostgresErrorFields } from "../../shared/postgres/errors.ts";
import { partitionKey, type TopicPartition } from "../../shared/schema/progress.ts";
import { readLastRejections } from "../../shared/schema/rejected_records.ts";
import { textOf } from "./record_errors.ts";

/** The reason of records that the database rejected. */
export const REJECTED_BY_DATABASE = "refused by the database";

/** Records of a partition that were rejected one after another, with no row stored in between. */
interface Streak {
  /** Begins with what {@link causeOf} returns. */
  readonly cause: string;
  readonly count: number;
}

const NONE: Streak = { cause: "", count: 0 };

/** SQLSTATE and constraint of an error: what has to be equal in a streak. */
function causeOf(error: unknown): string {
  const { code, constraint } = error as PostgresErrorFields;
  return code +
    (constraint === undefined ? ": " : `, constraint ${escapeNonAscii(escapeUnprintable(constraint))}: `);
}

/** How a detail begins; the rest of the cause and the database's message follow. */
const POSITION = /^SQLSTATE ([0-9A-Z]{5}), (\d+) in a row/;

const detailOf = (cause: string, count: number, text: string) =>
  `SQLSTATE ${cause.slice(0, 5)}, ${count} in a row${cause.slice(5)}${text}`;

/** The rejection of a record that begins a streak. */
export const firstRejection = (error: unknown): Rejection =>
  reject(REJECTED_BY_DATABASE, detailOf(causeOf(error), 1, textOf(error)));

/** The streak whose last record has this detail. */
function streakOf(detail: string): Streak {
  const [position, code, count] = POSITION.exec(detail) ?? [];
  if (position === undefined) return NONE;
  return { cause: code + escapeNonAscii(detail.slice(position.length)), count: Number(count) };
}

/**
 * Counts the streaks of partitions. A streak outlives the process: each rejected record's detail contains its position in the
 * streak, and the record directly before a partition's progress is the last of its streak.
 */
export class RejectStreaks {
  readonly #streaks = new Map<string, Streak>();
  /** Topics of which a row was stored since the start or the last {@link reset}: their tables accept rows. */
  readonly #accepted = new Set<string>();

  /** @param max longest streak that is not yet a fault of the table; 0: any */
  constructor(private readonly max: number) {}

  /** Forgets what was counted: it is read again from the database. */
  reset(): void {
    this.#streaks.clear();
    this.#accepted.clear();
  }

  /** A row of the partition was stored. Validation failures are no rows, and do not count as rejected by the database either. */
  onRowStored(at: TopicPartition): void {
    this.#accepted.add(at.topic);
    this.#streaks.set(partitionKey(at), NONE);
  }

  /** Whether the streaks of a partition have to be loaded before {@link reject}. */
  isUnknown(at: TopicPartition): boolean {
    return !this.#streaks.has(partitionKey(at));
  }

  /** Reads the streaks that end directly before the group's progress in a topic, as far as they are not known. */
  async load(client: pg.Client, group: string, topic: string): Promise<void> {
    for (
      const { partition, detail } of await readLastRejections(client, group, topic, REJECTED_BY_DATABASE)
    ) {
      const at = { topic, partition };
      if (this.isUnknown(at)) this.#streaks.set(partitionKey(at), streakOf(detail));
    }
  }

  /**
   * The rejection of one more record.
   *
   * @throws {PermanentError} if a streak has reached its maximum already: this partition's or, as long as the table has not
   * accepted a row, another one's of the topic
   */
  reject(at: TopicPartition, error: unknown): Rejection {
    const cause = causeOf(error);
    const own = this.#streaks.get(partitionKey(at)) ?? NONE;
    const others = this.#accepted.has(at.topic) ? [] : [...this.#streaks]
      .filter(([key]) => key.startsWith(`${at.topic}[`)).map(([, streak]) => streak);
    for (const streak of [own, ...others]) {
      if (streak.cause.startsWith(cause)) this.#assertShort(at, streak, error);
    }
    const count = own.cause.startsWith(cause) ? own.count + 1 : 1;
    return reject(REJECTED_BY_DATABASE, detailOf(cause, count, textOf(error)));
  }

  /**
   * The record that {@link reject} was called for is in rejected_records.
   *
   * @throws {PermanentError} if the streak has reached its maximum
   */
  onRejected(at: TopicPartition, error: unknown, { detail }: Rejection): void {
    const streak = streakOf(detail);
    this.#streaks.set(partitionKey(at), streak);
    this.#assertShort(at, streak, error);
  }

  #assertShort({ topic, partition }: TopicPartition, { count }: Streak, error: unknown): void {
    if (this.max === 0 || count < this.max) return;
    const cause = `SQLSTATE ${causeOf(error).replace(/: $/, "")}`;
    throw new PermanentError(
      {
        action:
          `PostgreSQL rejected ${count} consecutive records of ${topic} for one cause (${cause}), in partition ${partition}`,
        code: "REJECT_STREAK_EXCEEDED",
        cause: textOf(error),
        remedy:
          "Correct the table, then run “deno task rejects --replay”; or, if the records are wrong, set CONSUMER_REJECT_STREAK_MAX " +
          "to a higher number (0: no maximum).",
      },
      { cause: error },
    );
  }
}
