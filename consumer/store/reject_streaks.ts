/**
 * The circuit breaker: an unbroken streak of records that the database rejects for the same cause is treated as a fault of the table.
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

/** The reason of records that the database rejected. Stored, so it must stay the same in all versions. */
export const REJECTED_BY_DATABASE = "refused by the database";

/** Consecutive records of a partition that the database rejected, with no row stored in between. */
interface Streak {
  /** Starts with the result of {@link causeOf}. */
  readonly cause: string;
  readonly count: number;
}

const NONE: Streak = { cause: "", count: 0 };

/** SQLSTATE and constraint of an error, which are equal in a streak. */
function causeOf(error: unknown): string {
  const { code, constraint } = error as PostgresErrorFields;
  return code +
    (constraint === undefined ? ": " : `, constraint ${escapeNonAscii(escapeUnprintable(constraint))}: `);
}

/** The beginning of a detail; the rest of the cause and the database's message follow. */
const STREAK_POSITION = /^SQLSTATE ([0-9A-Z]{5}), (\d+) in a row/;

const detailOf = (cause: string, count: number, text: string) =>
  `SQLSTATE ${cause.slice(0, 5)}, ${count} in a row${cause.slice(5)}${text}`;

/** The rejection of the first record of a streak. */
export const firstRejection = (error: unknown): Rejection =>
  reject(REJECTED_BY_DATABASE, detailOf(causeOf(error), 1, textOf(error)));

/** Parses the streak from the detail of its last record. */
function streakOf(detail: string): Streak {
  const [position, code, count] = STREAK_POSITION.exec(detail) ?? [];
  if (position === undefined) return NONE;
  return { cause: code + escapeNonAscii(detail.slice(position.length)), count: Number(count) };
}

/**
 * Counts the streaks of partitions. A streak survives restarts: the detail of each rejected record contains its position in the streak,
 * and the last record of a streak is the one directly before the partition's progress.
 */
export class RejectStreaks {
  readonly #streaks = new Map<string, Streak>();
  /** Topics whose tables have accepted a row since the start or the last {@link reset}. */
  readonly #accepted = new Set<string>();

  /** @param max number of records at which a streak is a fault of the table; 0: unlimited */
  constructor(private readonly max: number) {}

  /** Clears all counts; they are loaded again from the database. */
  reset(): void {
    this.#streaks.clear();
    this.#accepted.clear();
  }

  /** A row of the partition was stored. Records that fail validation neither continue nor end a streak. */
  onRowStored(at: TopicPartition): void {
    this.#accepted.add(at.topic);
    this.#streaks.set(partitionKey(at), NONE);
  }

  /** Whether {@link load} must run before {@link reject}. */
  isUnknown(at: TopicPartition): boolean {
    return !this.#streaks.has(partitionKey(at));
  }

  /** Loads the streaks that end directly before the group's progress in a topic, except known ones. */
  async load(client: pg.Client, group: string, topic: string): Promise<void> {
    for (
      const { partition, detail } of await readLastRejections(client, group, topic, REJECTED_BY_DATABASE)
    ) {
      const at = { topic, partition };
      if (this.isUnknown(at)) this.#streaks.set(partitionKey(at), streakOf(detail));
    }
  }

  /**
   * Creates the rejection of the next record.
   *
   * @throws {PermanentError} if a streak has already reached the maximum: of this partition or, if the table has not accepted a row yet, of
   * another partition of the topic
   */
  reject(at: TopicPartition, error: unknown): Rejection {
    const cause = causeOf(error);
    const own = this.#streaks.get(partitionKey(at)) ?? NONE;
    const others = this.#accepted.has(at.topic) ? [] : [...this.#streaks]
      .filter(([key]) => key.startsWith(`${at.topic}[`)).map(([, streak]) => streak);
    for (const streak of [own, ...others]) {
      if (streak.cause.startsWith(cause)) this.#assertBelowMax(at, streak, error);
    }
    const count = own.cause.startsWith(cause) ? own.count + 1 : 1;
    return reject(REJECTED_BY_DATABASE, detailOf(cause, count, textOf(error)));
  }

  /**
   * The record of the last {@link reject} was stored in rejected_records.
   *
   * @throws {PermanentError} if the streak has reached the maximum
   */
  onRejected(at: TopicPartition, error: unknown, { detail }: Rejection): void {
    const streak = streakOf(detail);
    this.#streaks.set(partitionKey(at), streak);
    this.#assertBelowMax(at, streak, error);
  }

  #assertBelowMax({ topic, partition }: TopicPartition, { count }: Streak, error: unknown): void {
    if (this.max === 0 || count < this.max) return;
    const cause = `SQLSTATE ${causeOf(error).replace(/: $/, "")}`;
    throw new PermanentError(
      {
        action:
          `PostgreSQL rejected ${count} consecutive records of ${topic} for the same cause (${cause}), in partition ${partition}`,
        code: "REJECT_STREAK_EXCEEDED",
        cause: textOf(error),
        remedy:
          "Correct the table, then run “deno task rejects --replay”. If the records are wrong, increase CONSUMER_REJECT_STREAK_MAX " +
          "(0: unlimited).",
      },
      { cause: error },
    );
  }
}
