/**
 * Stores batches of segments, as few at a time as it takes.
 *
 * @module
 */
import { messageOf } from "../../shared/errors.ts";
import type { Emit } from "../../shared/observe/events.ts";
import { CancelledError, type Database, StatementTimeoutError } from "./database.ts";
import type { EVENTS } from "../events.ts";
import { latencySeconds } from "../latency.ts";
import { partitionKey, readProgress, type TopicPartition } from "../../shared/schema/progress.ts";
import { isAlreadyRejected, isRejectedConflict } from "../../shared/schema/rejected_records.ts";
import { namedRow, nextPieceSize, toRejected } from "./bisect.ts";
import { halve, part, recordCount, type Segment } from "../decode/segment.ts";
import { FencedError, runTransaction } from "./transaction.ts";
import { advancesOf, batchTransaction, partitionOf, rejectedConflictError } from "./batch.ts";
import { isUntranslatable } from "./group_encoding.ts";
import { RecordErrors } from "./record_errors.ts";
import { RejectionLog } from "./rejection_log.ts";
import { RejectStreaks } from "./reject_streaks.ts";
import { UnconfirmedOffsets } from "./unconfirmed_offsets.ts";

/** What a store needs to know and whom it tells. */
export interface BatchStoreOptions {
  readonly group: string;
  /** Longest streak of records that the database rejects for one cause; 0 or not given: any. */
  readonly rejectStreakMax?: number;
  readonly tell: Emit<typeof EVENTS>;
  /** All of a partition before `next` is stored. */
  readonly onStored: (at: TopicPartition, next: number) => void;
  /** Another consumer has moved a partition on: go on from `next`, or from what is stored where that is unknown. */
  readonly onFenced: (at: TopicPartition, next: number | undefined) => void;
  /** Whether batches of an epoch of the writer's queue are still to be stored. */
  readonly isWanted: (epoch: number) => boolean;
}

/** A transaction that was not committed: it took too long, or some of its records were rejected. */
interface Failure {
  /** The error that rejected a record; `undefined`: the transaction took too long. */
  readonly refusal: unknown;
  /** What is left to store. */
  readonly left: readonly Segment[];
}

/** How a transaction ended: stored; nothing of it ours to store any more; or failed. */
type Outcome = "stored" | "gone" | Failure;

/**
 * Stores batches, each in one transaction. If it takes too long, or the database rejects some of the records, the batch is divided.
 */
export class BatchStore {
  readonly #unconfirmed = new UnconfirmedOffsets();
  readonly #streaks: RejectStreaks;
  readonly #recordErrors: RecordErrors;
  readonly #rejectionLog: RejectionLog;
  /** Whether the database can only store details in ASCII: its encoding lacks a character that one contained. */
  #asciiOnly = false;

  constructor(private readonly database: Database, private readonly options: BatchStoreOptions) {
    this.#streaks = new RejectStreaks(options.rejectStreakMax ?? 0);
    this.#recordErrors = new RecordErrors(database);
    this.#rejectionLog = new RejectionLog((rejected) =>
      options.tell("records_rejected_by_database", rejected)
    );
  }

  /** Reports what is not reported yet, and forgets what it knows of the partitions: other consumers may go on with them. */
  reset(): void {
    this.flush();
    this.#streaks.reset();
  }

  /** Reports records that the database rejected and that are not reported yet. */
  flush(): void {
    this.#rejectionLog.flush(true);
  }

  /**
   * Stores segments in one transaction or, if it takes too long or some of their records are rejected, in several.
   *
   * @returns false: another consumer has moved a partition on, or the segments are not wanted any more
   */
  async store(batch: readonly Segment[], epoch: number): Promise<boolean> {
    const outcome = await this.#attempt(batch, epoch);
    if (typeof outcome === "string") return outcome === "stored";
    const { left, refusal } = outcome;
    const [segment] = left as [Segment];
    const isTooLong = refusal === undefined;
    if (left.length === 1) {
      return isTooLong
        ? await this.#storeEach(halve(segment).map((half) => [half]), epoch)
        : await this.#storeWithCare(segment, refusal, epoch);
    }
    const middle = Math.ceil(left.length / 2);
    const parts = isTooLong ? [left.slice(0, middle), left.slice(middle)] : left.map((segment) => [segment]);
    return await this.#storeEach(parts, epoch);
  }

  /** Stores batches one after another. What is left of a partition that another consumer has moved on is not tried. */
  async #storeEach(batches: readonly (readonly Segment[])[], epoch: number): Promise<boolean> {
    const gone = new Set<string>();
    for (const batch of batches) {
      const left = batch.filter((segment) => !gone.has(partitionOf(segment)));
      if (left.length === 0 || await this.store(left, epoch)) continue;
      // Of several partitions at most some are gone: the fence tells which.
      if (new Set(left.map(partitionOf)).size === 1) gone.add(partitionOf(left[0]!));
    }
    return gone.size === 0;
  }

  /** One transaction, tried until it is stored, not ours to store any more, too long or rejected. */
  async #attempt(batch: readonly Segment[], epoch: number): Promise<Outcome> {
    let quarantineBySql = false;
    const wanted = () => this.options.isWanted(epoch);
    for (;;) {
      try {
        const started = performance.now();
        await this.#transaction(batch, quarantineBySql, wanted);
        this.#stored(batch, (performance.now() - started) / 1000);
        return "stored";
      } catch (error) {
        if (error instanceof CancelledError && !wanted()) return "gone";
        if (error instanceof FencedError) {
          const { stored, ours } = await this.#afterFence(batch, wanted);
          if (stored.length > 0) this.#stored(stored, 0);
          if (ours.length === 0) return stored.length > 0 ? "stored" : "gone";
          batch = ours;
        } else if (isAlreadyRejected(error) && !quarantineBySql) {
          quarantineBySql = true;
        } else if (isRejectedConflict(error)) {
          throw rejectedConflictError(batch, error);
        } else if (isUntranslatable(error) && !this.#asciiOnly && batch.some((s) => s.rejected.count > 0)) {
          this.#asciiOnly = true;
        } else if (error instanceof StatementTimeoutError) {
          this.options.tell("transaction_timed_out", { text: messageOf(error), class: "timeout" });
          return { refusal: undefined, left: batch };
        } else {
          await this.#recordErrors.assertAboutRecord(error, batch, wanted);
          return { refusal: error, left: batch };
        }
      }
    }
  }

  #transaction(batch: readonly Segment[], bySql: boolean, wanted: () => boolean): Promise<void> {
    const { sql, copies } = batchTransaction(this.options.group, batch, {
      bySql,
      asciiOnly: this.#asciiOnly,
    });
    this.#unconfirmed.onSent(batch);
    return this.database.run(
      `Cannot store records in ${batch[0]!.stream.table}`,
      (client, start) => runTransaction(client, start + sql, copies),
      { shouldRetry: wanted, canSplit: batch.length > 1 || recordCount(batch[0]!) > 1, isOneMessage: true },
    );
  }

  #stored(batch: readonly Segment[], seconds: number): void {
    this.#unconfirmed.onStored(batch);
    const now = Date.now();
    let stored = 0, rejected = 0;
    for (const segment of batch) {
      const { stream: { topic }, partition, rowCount, oldest, to } = segment;
      this.options.onStored({ topic, partition }, to);
      if (rowCount > 0) this.#streaks.onRowStored({ topic, partition });
      stored += rowCount;
      rejected += segment.rejected.count;
      const latency = oldest === undefined ? undefined : latencySeconds(oldest, now);
      this.options.tell("records_stored", {
        topic,
        partition,
        stored: rowCount,
        rejected: segment.rejected.count,
        latency,
      });
      if (segment.rejected.count > 0) {
        this.options.tell("records_rejected", { topic, partition, records: segment.rejected });
      }
    }
    this.options.tell("transaction_committed", { stored, rejected, seconds });
  }

  /**
   * A fence has one of two causes. An earlier transaction of ours, whose outcome was unknown because the connection broke, was
   * committed: then progress is where it brought it. Or another consumer has moved on, or the database is not as new as it was.
   *
   * @returns what had been stored, and what is still ours to store
   */
  async #afterFence(
    batch: readonly Segment[],
    wanted: () => boolean,
  ): Promise<{ stored: Segment[]; ours: Segment[] }> {
    const advances = advancesOf(batch);
    const progress = await this.database.run(
      "Cannot read consumer_progress",
      (client) => readProgress(client, this.options.group, advances),
      { shouldRetry: wanted },
    );
    const stored: Segment[] = [], ours: Segment[] = [];
    for (const advance of advances) {
      const found = progress.get(partitionKey(advance));
      const divided = this.#unconfirmed.divide(
        batch.filter((segment) => partitionOf(segment) === partitionKey(advance)),
        found,
      );
      if (divided) {
        stored.push(...divided.stored);
        ours.push(...divided.left);
        continue;
      }
      const { topic, partition, fromOffset: expected } = advance;
      this.options.tell("transaction_fenced", { topic, partition, expected, found });
      this.options.onFenced(advance, found);
    }
    return { stored, ours };
  }

  /** Stores a segment in which the database rejects some record: piece by piece the others, and the record as rejected. */
  async #storeWithCare(segment: Segment, refusal: unknown, epoch: number): Promise<boolean> {
    const { stream: { topic }, partition } = segment;
    const records = segment.records();
    this.options.tell("transaction_rejected", {
      topic,
      partition,
      rows: records.length,
      text: messageOf(refusal),
    });
    // Pieces shrink to the record that is rejected, and grow again behind it: a few rejected records cost little, and many no more
    // than one transaction each.
    let size = nextPieceSize(refusal, records.length);
    // The record that PostgreSQL names is tried alone as soon as those before it are stored.
    let named = (namedRow(refusal) ?? 0) - 1;
    let from = segment.from;
    for (let first = 0; first < records.length;) {
      const end = Math.min(records.length, first + size);
      const piece = part(segment, from, end === records.length ? segment.to : records[end]!.offset);
      const outcome = await this.#attempt([piece], epoch);
      if (outcome === "gone") return false;
      if (outcome === "stored") {
        from = piece.to;
        size = end === named ? 1 : size * 2;
      } else if (outcome.refusal === undefined || outcome.left[0] !== piece) {
        // Too long, or partly stored by a transaction before.
        const parts = outcome.left.flatMap((left) => recordCount(left) > 1 ? halve(left) : [left]);
        if (!await this.#storeEach(parts.map((part) => [part]), epoch)) return false;
        from = piece.to;
      } else if (end - first > 1) {
        size = nextPieceSize(outcome.refusal, end - first);
        named = first + (namedRow(outcome.refusal) ?? 0) - 1;
        continue;
      } else {
        // Up to the record alone, so that progress tells that it was the last one; see RejectStreaks.
        from = records[first]!.offset + 1;
        if (!await this.#reject(part(piece, piece.from, from), outcome.refusal, epoch)) return false;
      }
      first = end;
    }
    return from === segment.to || await this.store([part(segment, from, segment.to)], epoch);
  }

  /** Stores a piece of one row, which the database rejects, with its record in rejected_records. */
  async #reject(piece: Segment, error: unknown, epoch: number): Promise<boolean> {
    const at = { topic: piece.stream.topic, partition: piece.partition };
    if (this.#streaks.isUnknown(at)) {
      await this.database.run(
        "Cannot read rejected_records",
        (client) => this.#streaks.load(client, this.options.group, at.topic),
        { shouldRetry: () => this.options.isWanted(epoch) },
      );
    }
    const rejection = this.#streaks.reject(at, error);
    if (!await this.store([toRejected(piece, error, rejection)], epoch)) return false;
    this.#rejectionLog.add(at, piece.to - 1, rejection.detail);
    this.#streaks.onRejected(at, error, rejection);
    this.#rejectionLog.flush();
    return true;
  }
}
