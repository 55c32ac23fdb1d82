/**
 * Stores batches of segments; splits a batch if its transaction times out or is rejected.
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
import { KeyConflicts } from "./key_conflicts.ts";
import { FencedError, runTransaction } from "./transaction.ts";
import { advancesOf, batchTransaction, partitionOf, rejectedConflictError } from "./batch.ts";
import { isUntranslatable } from "./group_encoding.ts";
import { RecordErrors } from "./record_errors.ts";
import { RejectionLog } from "./rejection_log.ts";
import { RejectStreaks } from "./reject_streaks.ts";
import { UnconfirmedOffsets } from "./unconfirmed_offsets.ts";

/** Result of storing segments of a partition. */
export type WriteResult =
  & TopicPartition
  & (
    /** All records before `nextOffset` are stored. */
    | { readonly outcome: "stored"; readonly nextOffset: number }
    /** The progress is not where this consumer left it but at `nextOffset`; `undefined`: there is none. */
    | { readonly outcome: "fenced"; readonly nextOffset: number | undefined }
  );

/** Options of a {@link BatchStore}. */
export interface BatchStoreOptions {
  readonly group: string;
  /** Number of consecutive records rejected for the same cause at which the table is considered faulty; 0 or missing: unlimited. */
  readonly rejectStreakMax?: number;
  readonly emit: Emit<typeof EVENTS>;
  readonly onResult: (result: WriteResult) => void;
  /** Whether `rejected_records` has the columns that version 3 of the schema added. */
  readonly hasAddedColumns: () => boolean;
  /** Whether batches of an epoch of the writer's queue are still valid. */
  readonly isValidEpoch: (epoch: number) => boolean;
}

/** A transaction that was not committed: it timed out, or a constraint rejected some of its records. */
interface Failure {
  /** The error that rejected a record; `undefined`: the transaction timed out. */
  readonly rejectedBy: unknown;
  readonly remaining: readonly Segment[];
}

/** Result of a transaction: stored; superseded by another consumer or a reset; or failed. */
type Outcome = "stored" | "superseded" | Failure;

/** Stores batches, each in one transaction. If it times out, or the database rejects some of the records, the batch is split. */
export class BatchStore {
  readonly #unconfirmed = new UnconfirmedOffsets();
  readonly #streaks: RejectStreaks;
  readonly #recordErrors: RecordErrors;
  readonly #rejectionLog: RejectionLog;
  readonly #keyConflicts: KeyConflicts;
  /** Whether details are stored in ASCII, since the database's encoding lacks a character of one. */
  #asciiOnly = false;

  constructor(private readonly database: Database, private readonly options: BatchStoreOptions) {
    this.#streaks = new RejectStreaks(options.rejectStreakMax ?? 0);
    this.#recordErrors = new RecordErrors(database);
    this.#rejectionLog = new RejectionLog((rejected) =>
      options.emit("records_rejected_by_database", rejected)
    );
    this.#keyConflicts = new KeyConflicts((found) => options.emit("key_conflicts_found", found));
  }

  /** Logs rejected records that are not logged yet, and clears the streaks: other consumers may continue the partitions. */
  reset(): void {
    this.flush();
    this.#streaks.reset();
  }

  /** Logs rejected records and key conflicts that are not logged yet. */
  flush(): void {
    this.#rejectionLog.flush(true);
    this.#keyConflicts.flush(true);
  }

  /**
   * Stores segments in one transaction or, if it times out or some of their records are rejected, in several.
   *
   * @returns false if another consumer owns a partition, or the epoch is no longer valid
   */
  async store(batch: readonly Segment[], epoch: number): Promise<boolean> {
    const outcome = await this.#attempt(batch, epoch);
    if (typeof outcome === "string") return outcome === "stored";
    const { remaining, rejectedBy } = outcome;
    const [segment] = remaining as [Segment];
    const isTimeout = rejectedBy === undefined;
    if (remaining.length === 1) {
      return isTimeout
        ? await this.#storeEach(halve(segment).map((half) => [half]), epoch)
        : await this.#bisect(segment, rejectedBy, epoch);
    }
    const middle = Math.ceil(remaining.length / 2);
    const parts = isTimeout
      ? [remaining.slice(0, middle), remaining.slice(middle)]
      : remaining.map((segment) => [segment]);
    return await this.#storeEach(parts, epoch);
  }

  /** Stores batches one after another, without further segments of partitions that another consumer owns. */
  async #storeEach(batches: readonly (readonly Segment[])[], epoch: number): Promise<boolean> {
    const superseded = new Set<string>();
    for (const batch of batches) {
      const remaining = batch.filter((segment) => !superseded.has(partitionOf(segment)));
      if (remaining.length === 0 || await this.store(remaining, epoch)) continue;
      // With several partitions it is unknown which of them are superseded; the next fence finds out.
      if (new Set(remaining.map(partitionOf)).size === 1) superseded.add(partitionOf(remaining[0]!));
    }
    return superseded.size === 0;
  }

  /** Runs one transaction, with retries, until it has a result. */
  async #attempt(batch: readonly Segment[], epoch: number): Promise<Outcome> {
    let insertRejected = false;
    const isValid = () => this.options.isValidEpoch(epoch);
    for (;;) {
      try {
        const started = performance.now();
        const results = await this.#runTransaction(batch, insertRejected, isValid);
        this.#onStored(batch, (performance.now() - started) / 1000);
        this.#keyConflicts.add(batch, results);
        return "stored";
      } catch (error) {
        if (error instanceof CancelledError && !isValid()) return "superseded";
        if (error instanceof FencedError) {
          const { stored, remaining } = await this.#afterFence(batch, isValid);
          if (stored.length > 0) this.#onStored(stored, 0);
          if (remaining.length === 0) return stored.length > 0 ? "stored" : "superseded";
          batch = remaining;
        } else if (isAlreadyRejected(error) && !insertRejected) {
          insertRejected = true;
        } else if (isRejectedConflict(error)) {
          throw rejectedConflictError(batch, error);
        } else if (isUntranslatable(error) && !this.#asciiOnly && batch.some((s) => s.rejected.count > 0)) {
          this.#asciiOnly = true;
        } else if (error instanceof StatementTimeoutError) {
          this.options.emit("transaction_timed_out", { text: messageOf(error), class: "timeout" });
          return { rejectedBy: undefined, remaining: batch };
        } else {
          await this.#recordErrors.assertAboutRecord(error, batch, isValid);
          return { rejectedBy: error, remaining: batch };
        }
      }
    }
  }

  #runTransaction(
    batch: readonly Segment[],
    bySql: boolean,
    isValid: () => boolean,
  ): Promise<readonly (string | null)[]> {
    const { group, hasAddedColumns } = this.options, asciiOnly = this.#asciiOnly;
    // For each attempt, since the tables may change in between.
    const steps = () => batchTransaction(group, batch, { bySql, asciiOnly, hasAdded: hasAddedColumns() });
    this.#unconfirmed.onSent(batch);
    return this.database.run(
      `Cannot store records in ${batch[0]!.stream.table}`,
      (client, start) => runTransaction(client, start, steps()),
      {
        shouldRetry: isValid,
        canSplit: batch.length > 1 || recordCount(batch[0]!) > 1,
        isOneMessage: true,
        // The type may have been changed, such as by ALTER TYPE … ADD VALUE.
        ...batch.some(({ hasTypeRejections }) => hasTypeRejections) && { verifiedWithinMs: 100 },
      },
    );
  }

  #onStored(batch: readonly Segment[], seconds: number): void {
    this.#unconfirmed.onStored(batch);
    const now = Date.now();
    let stored = 0, rejected = 0;
    for (const segment of batch) {
      const { stream: { topic }, partition, rowCount, oldest, to } = segment;
      this.options.onResult({ outcome: "stored", topic, partition, nextOffset: to });
      if (rowCount > 0) this.#streaks.onRowStored({ topic, partition });
      stored += rowCount;
      rejected += segment.rejected.count;
      const latency = oldest === undefined ? undefined : latencySeconds(oldest, now);
      this.options.emit("records_stored", {
        topic,
        partition,
        stored: rowCount,
        rejected: segment.rejected.count,
        latency,
      });
      if (segment.rejected.count > 0) {
        this.options.emit("records_rejected", { topic, partition, records: segment.rejected });
      }
    }
    this.options.emit("transaction_committed", { stored, rejected, seconds });
  }

  /**
   * Finds the cause of a fence: an earlier transaction of this consumer, whose outcome was unknown because the connection broke, was
   * committed; or another consumer owns the partition; or the database was reset to an earlier state.
   *
   * @returns the segments that had been stored, and those that are still to be stored
   */
  async #afterFence(
    batch: readonly Segment[],
    isValid: () => boolean,
  ): Promise<{ stored: Segment[]; remaining: Segment[] }> {
    const advances = advancesOf(batch);
    const progress = await this.database.run(
      "Cannot read consumer_progress",
      (client) => readProgress(client, this.options.group, advances),
      { shouldRetry: isValid },
    );
    const stored: Segment[] = [], remaining: Segment[] = [];
    for (const advance of advances) {
      const found = progress.get(partitionKey(advance));
      const divided = this.#unconfirmed.divide(
        batch.filter((segment) => partitionOf(segment) === partitionKey(advance)),
        found,
      );
      if (divided) {
        stored.push(...divided.stored);
        remaining.push(...divided.remaining);
        continue;
      }
      const { topic, partition, fromOffset: expected } = advance;
      this.options.emit("transaction_fenced", { topic, partition, expected, found });
      this.options.onResult({ outcome: "fenced", topic, partition, nextOffset: found });
    }
    return { stored, remaining };
  }

  /** Stores a segment with records that the database rejects: piece by piece, and those records as rejected. */
  async #bisect(segment: Segment, error: unknown, epoch: number): Promise<boolean> {
    const { stream: { topic }, partition } = segment;
    const records = segment.records();
    this.options.emit("transaction_rejected", {
      topic,
      partition,
      rows: records.length,
      text: messageOf(error),
    });
    // Pieces shrink to the offending row, then double again: at most one transaction per rejected row in the worst case.
    let size = nextPieceSize(error, records.length);
    // The row that the error names is stored alone after the rows before it.
    let named = (namedRow(error) ?? 0) - 1;
    let from = segment.from;
    for (let first = 0; first < records.length;) {
      const end = Math.min(records.length, first + size);
      const piece = part(segment, from, end === records.length ? segment.to : records[end]!.offset);
      const outcome = await this.#attempt([piece], epoch);
      if (outcome === "superseded") return false;
      if (outcome === "stored") {
        from = piece.to;
        size = end === named ? 1 : size * 2;
      } else if (outcome.rejectedBy === undefined || outcome.remaining[0] !== piece) {
        // Timed out, or partly stored by an earlier transaction.
        const parts = outcome.remaining.flatMap((rest) => recordCount(rest) > 1 ? halve(rest) : [rest]);
        if (!await this.#storeEach(parts.map((part) => [part]), epoch)) return false;
        from = piece.to;
      } else if (end - first > 1) {
        size = nextPieceSize(outcome.rejectedBy, end - first);
        named = first + (namedRow(outcome.rejectedBy) ?? 0) - 1;
        continue;
      } else {
        // Advance the progress to directly after the rejected record, as RejectStreaks requires.
        from = records[first]!.offset + 1;
        if (!await this.#reject(part(piece, piece.from, from), outcome.rejectedBy, epoch)) return false;
      }
      first = end;
    }
    return from === segment.to || await this.store([part(segment, from, segment.to)], epoch);
  }

  /** Stores the record of a piece of one row as rejected. */
  async #reject(piece: Segment, error: unknown, epoch: number): Promise<boolean> {
    const at = { topic: piece.stream.topic, partition: piece.partition };
    if (this.#streaks.isUnknown(at)) {
      await this.database.run(
        "Cannot read rejected_records",
        (client) => this.#streaks.load(client, this.options.group, at.topic),
        { shouldRetry: () => this.options.isValidEpoch(epoch) },
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
