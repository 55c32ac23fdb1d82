/**
 * Stores segments, as many as there are in one transaction: few and quickly when little comes, many at once when much waits.
 *
 * @module
 */
import { messageOf, PermanentError } from "../shared/errors.ts";
import type { Tell } from "../shared/observe/events.ts";
import { AbandonedError, type Database, TooLongError } from "./database.ts";
import type { EVENTS } from "./events.ts";
import { latencySeconds } from "./latency.ts";
import { bufferBytes } from "./metrics.ts";
import { keyOf, readProgress } from "./progress.ts";
import {
  isAlreadyQuarantined,
  isQuarantineConflict,
  QUARANTINE_TARGET,
  quarantineSql,
} from "./quarantine.ts";
import { isRefusal, refusalText, refuse, rowsToTry } from "./refusal.ts";
import { type Segment, slice } from "./segment.ts";
import { streamTarget } from "./tables.ts";
import {
  type Advance,
  type Copy,
  FencedError,
  fenceSql,
  runTransaction,
  transactionSql,
} from "./transaction.ts";

/** What the writer needs to know and whom it tells. */
export interface WriterOptions {
  readonly group: string;
  /** Most bytes of segments in a transaction (a single segment may be larger). */
  readonly batchBytes: number;
  readonly tell: Tell<typeof EVENTS>;
  /** Whether the consumer is a valid member of its group; what is queued while it is not is dropped. */
  readonly isCurrent: () => boolean;
  /** All of a partition before `next` is stored. */
  readonly onStored: (at: { topic: string; partition: number }, next: number) => void;
  /** Another consumer has moved a partition on: go on from `next`, or from what is stored where that is unknown. */
  readonly onFenced: (at: { topic: string; partition: number }, next: number | undefined) => void;
}

/** How a transaction ended: stored; nothing of it ours to store any more; too long; or refused because of some of its records. */
type Outcome = "stored" | "gone" | "too long" | { readonly refusal: unknown };

/** Takes segments in order and stores them in order. */
export class Writer {
  #queue: Segment[] = [];
  #bytes = 0;
  /** Grows with every reset: what was queued before it is not wanted any more. */
  #epoch = 0;
  #working: Promise<void> | undefined;
  readonly #failed = Promise.withResolvers<never>();
  #waiters: (() => void)[] = [];

  constructor(private readonly database: Database, private readonly options: WriterOptions) {
    // Whoever races against it gets the error; nobody else has to.
    this.#failed.promise.catch(() => {});
  }

  /** Bytes of segments that are not stored yet. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Never resolves; rejects when storing failed for good. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  /** Adds a segment. Each partition's segments must follow on one another. */
  add(segment: Segment): void {
    this.#queue.push(segment);
    this.#count(segment.bytes);
    this.#working ??= this.#work();
  }

  /** Waits until at most `bytes` wait to be stored. */
  async below(bytes: number): Promise<void> {
    while (this.#bytes > bytes) await new Promise<void>((resolve) => this.#waiters.push(resolve));
  }

  /** Waits until all that was added is stored (or was dropped). */
  async idle(): Promise<void> {
    while (this.#working) await this.#working;
  }

  /** Drops what is queued and waits for the transaction in hand. After a rebalance all is read again from what is stored. */
  async reset(): Promise<void> {
    this.#epoch++;
    this.#drop(() => true);
    await this.idle();
  }

  #count(bytes: number): void {
    this.#bytes += bytes;
    bufferBytes.set(this.#bytes);
    if (bytes >= 0) return;
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const resolve of waiters) resolve();
  }

  #drop(unwanted: (segment: Segment) => boolean): void {
    const dropped = this.#queue.filter(unwanted);
    this.#queue = this.#queue.filter((segment) => !unwanted(segment));
    this.#count(-dropped.reduce((sum, { bytes }) => sum + bytes, 0));
  }

  async #work(): Promise<void> {
    // What comes in the same turn of the event loop, such as the partitions of one fetch, goes into the same transaction.
    await new Promise((resolve) => setImmediate(resolve));
    try {
      while (this.#queue.length > 0) {
        const batch = this.#take();
        const bytes = batch.reduce((sum, segment) => sum + segment.bytes, 0);
        try {
          await this.#store(batch, this.#epoch);
        } finally {
          this.#count(-bytes);
        }
      }
    } catch (error) {
      this.#drop(() => true);
      if (!(error instanceof AbandonedError)) this.#failed.reject(error);
    } finally {
      this.#working = undefined;
    }
  }

  #take(): Segment[] {
    let bytes = 0, count = 0;
    while (
      count < this.#queue.length &&
      (count === 0 || bytes + this.#queue[count]!.bytes <= this.options.batchBytes)
    ) {
      bytes += this.#queue[count++]!.bytes;
    }
    return this.#queue.splice(0, count);
  }

  /** Stores segments in one transaction, or, where the database refuses some of them, the others. */
  async #store(batch: readonly Segment[], epoch: number): Promise<void> {
    const outcome = await this.#attempt(batch, epoch);
    if (outcome === "too long") {
      for (const half of halves(batch)) await this.#store(half, epoch);
    } else if (outcome !== "gone" && outcome !== "stored") {
      await this.#storeWithCare(batch, outcome.refusal, epoch);
    }
  }

  /** One transaction, tried until it is stored, not ours to store any more, or refused. */
  async #attempt(batch: readonly Segment[], epoch: number): Promise<Outcome> {
    let quarantineBySql = false;
    const wanted = () => epoch === this.#epoch && this.options.isCurrent();
    for (;;) {
      try {
        const started = performance.now();
        await this.#transaction(batch, quarantineBySql, wanted);
        this.#stored(batch, (performance.now() - started) / 1000);
        return "stored";
      } catch (error) {
        if (error instanceof AbandonedError && !wanted()) return "gone";
        if (error instanceof FencedError) {
          const { stored, ours } = await this.#afterFence(batch, wanted);
          if (stored.length > 0) this.#stored(stored, 0);
          if (ours.length === 0) return stored.length > 0 ? "stored" : "gone";
          batch = ours;
        } else if (isAlreadyQuarantined(error) && !quarantineBySql) {
          quarantineBySql = true;
        } else if (isQuarantineConflict(error)) {
          throw quarantineConflict(batch, error);
        } else if (error instanceof TooLongError) {
          this.options.tell("transaction_failed", { text: messageOf(error), class: "timeout" });
          return "too long";
        } else if (isRefusal(error, batch)) {
          return { refusal: error };
        } else throw error;
      }
    }
  }

  #transaction(batch: readonly Segment[], quarantineBySql: boolean, wanted: () => boolean): Promise<void> {
    const copies: Copy[] = [];
    for (const stream of new Set(batch.map((segment) => segment.stream))) {
      const rows = batch.filter((s) => s.stream === stream && s.rows.length > 0).map((s) => s.rows);
      if (rows.length > 0) copies.push({ target: streamTarget(stream), rows });
    }
    const rejected = batch.filter((s) => s.rejected.count > 0).map((s) => s.rejected);
    const statements = rejected.length > 0 && quarantineBySql ? [quarantineSql(rejected)] : [];
    if (rejected.length > 0 && !quarantineBySql) {
      copies.push({ target: QUARANTINE_TARGET, rows: rejected.map(({ rows }) => rows) });
    }
    const sql = transactionSql(fenceSql(this.options.group, advancesOf(batch)), statements, copies);
    return this.database.run(
      `Cannot store records in ${batch[0]!.stream.table}`,
      (client, start) => runTransaction(client, start + sql, copies),
      { wanted, divisible: true, isOneMessage: true },
    );
  }

  #stored(batch: readonly Segment[], seconds: number): void {
    const now = Date.now();
    let stored = 0, rejected = 0;
    for (const segment of batch) {
      const { stream: { topic }, partition, rowCount, oldest, to } = segment;
      this.options.onStored({ topic, partition }, to);
      stored += rowCount;
      rejected += segment.rejected.count;
      const latency = oldest === undefined ? undefined : latencySeconds(oldest, now);
      this.options.tell("stored", {
        topic,
        partition,
        stored: rowCount,
        rejected: segment.rejected.count,
        latency,
      });
      if (segment.rejected.count > 0) {
        this.options.tell("rejected", { topic, partition, records: segment.rejected });
      }
    }
    this.options.tell("committed", { stored, rejected, seconds });
  }

  /**
   * A fence stands for one of two things. The transaction before, whose outcome was unknown because the connection broke, had been
   * committed: then progress is where it would have brought it, and all is well. Or another consumer has moved on.
   *
   * @returns what had been stored, and what is still ours to store
   */
  async #afterFence(
    batch: readonly Segment[],
    wanted: () => boolean,
  ): Promise<{ stored: Segment[]; ours: Segment[] }> {
    const advances = advancesOf(batch);
    const found = await this.database.run(
      "Cannot read consumer_progress",
      (client) => readProgress(client, this.options.group, advances),
      { wanted },
    );
    const at = (segment: Segment) => keyOf({ topic: segment.stream.topic, partition: segment.partition });
    const stored: Segment[] = [], ours: Segment[] = [];
    for (const advance of advances) {
      const next = found.get(keyOf(advance));
      const mine = batch.filter((segment) => at(segment) === keyOf(advance));
      if (next === advance.next) stored.push(...mine);
      else if (next === advance.expected) ours.push(...mine);
      else {
        const { topic, partition, expected } = advance;
        this.options.tell("fenced", { topic, partition, expected, found: next });
        this.#drop((segment) => at(segment) === keyOf(advance));
        this.options.onFenced(advance, next);
      }
    }
    return { stored, ours };
  }

  /** The database refused something in `batch`: partition by partition, and within one piece by piece, the rest is stored. */
  async #storeWithCare(batch: readonly Segment[], refusal: unknown, epoch: number): Promise<void> {
    if (batch.length > 1) {
      for (const segment of batch) await this.#store([segment], epoch);
      return;
    }
    const segment = batch[0]!;
    const { stream: { topic }, partition } = segment;
    const records = segment.records();
    this.options.tell("refused", { topic, partition, rows: records.length, text: messageOf(refusal) });
    // Pieces shrink to the record that is refused, and grow again behind it: a few refusals cost little, and many no more than one
    // transaction each.
    let size = rowsToTry(refusal, records.length);
    for (let first = 0; first < records.length;) {
      const end = Math.min(records.length, first + size);
      const piece = slice(segment, first, end);
      let outcome = await this.#attempt([piece], epoch);
      if (typeof outcome === "object" && end - first === 1) {
        const offset = records[first]!.offset;
        this.options.tell("quarantined", { topic, partition, offset, text: refusalText(outcome.refusal) });
        outcome = await this.#attempt([refuse(piece, outcome.refusal)], epoch);
      }
      if (outcome === "gone") return;
      if (outcome === "too long") size = Math.max(1, Math.floor(size / 2));
      else if (outcome === "stored") {
        first = end;
        size *= 2;
      } else size = rowsToTry(outcome.refusal, end - first);
    }
  }
}

/** A batch in two, to be stored one after the other; a single record stays whole. */
function halves(batch: readonly Segment[]): (readonly Segment[])[] {
  if (batch.length > 1) {
    const middle = Math.ceil(batch.length / 2);
    return [batch.slice(0, middle), batch.slice(middle)];
  }
  const segment = batch[0]!;
  const rows = segment.rowCount;
  if (rows < 2) return [batch];
  const middle = Math.ceil(rows / 2);
  return [[slice(segment, 0, middle)], [slice(segment, middle, rows)]];
}

/** For each partition, from where its first segment begins to where its last ends. */
function advancesOf(batch: readonly Segment[]): Advance[] {
  const advances = new Map<string, Advance>();
  for (const { stream: { topic }, partition, from, to } of batch) {
    const key = keyOf({ topic, partition });
    advances.set(key, { topic, partition, expected: advances.get(key)?.expected ?? from, next: to });
  }
  return [...advances.values()];
}

function quarantineConflict(batch: readonly Segment[], cause: unknown): PermanentError {
  const topics = [...new Set(batch.map(({ stream }) => stream.topic))].join(", ");
  return new PermanentError(
    `Cannot store a rejected record of ${topics}: rejected_records has another record of the same topic, partition and offset. Was ` +
      "the topic made again? Move the old topic's rows of rejected_records elsewhere, or delete them.",
    { cause },
  );
}
