/**
 * PostgreSQL for tests of the writer: `consumer_progress`, `routes_table` and `rejected_records`.
 *
 * @module
 */
import type { RejectedRecord } from "../../shared/schema/rejected_records.ts";
import { RejectedRows } from "../decode/rejected_rows.ts";
import { type Database, StatementTimeoutError } from "./database.ts";

/** A transaction as PostgreSQL receives it. */
export interface ReceivedTransaction {
  readonly advances: readonly { partition: number; fromOffset: number; toOffset: number }[];
  readonly rows: number;
  readonly rejected: readonly RejectedRecord[];
}

/** Bytes of a row of `routes` in binary COPY. */
const ROW_BYTES = 46;

/** A database with the tables of one topic. */
export class FakeDatabase {
  /** `next_offset` by partition. */
  readonly progress = new Map<number, number>();
  readonly received: ReceivedTransaction[] = [];
  readonly rejected: RejectedRecord[] = [];
  rows = 0;

  /**
   * @param onTransaction called before a transaction commits; throws to make it fail, and may call `commit` first
   * @param beforeTransaction called before the fence is checked
   */
  constructor(
    private readonly topic: string,
    private readonly onTransaction: (transaction: ReceivedTransaction, commit: () => void) => void,
    private readonly beforeTransaction: () => void = () => {},
  ) {}

  asDatabase(): Database {
    return this as unknown as Database;
  }

  run = async (
    _action: string,
    work: (client: unknown, start: string) => Promise<unknown>,
    { canSplit = false }: { canSplit?: boolean } = {},
  ): Promise<unknown> => {
    for (let attempt = 0; attempt < 3; attempt++) {
      try {
        return await work({ query: (...args: unknown[]) => this.#query(...args) }, "");
      } catch (error) {
        if (!(error instanceof TransactionTimeout)) throw error;
        if (canSplit) throw new StatementTimeoutError("timeout");
      }
    }
    throw new Error("A transaction that cannot be split timed out three times.");
  };

  #query(...[query]: unknown[]): unknown {
    if (typeof query === "string") {
      return Promise.resolve({
        rows: [...this.progress].map(([partition, next_offset]) => ({
          topic: this.topic,
          partition,
          next_offset,
        })),
      });
    }
    const submittable = query as {
      submit(c: unknown): void;
      handleError(e: unknown): void;
      handleReadyForQuery(): void;
    };
    let sql = "";
    const pieces: Uint8Array[] = [];
    submittable.submit({
      stream: { cork() {}, uncork() {}, write: (bytes: Uint8Array) => pieces.push(bytes) },
      query: (text: string) => sql = text,
    });
    try {
      this.#execute(sql, pieces);
      submittable.handleReadyForQuery();
    } catch (error) {
      submittable.handleError(error);
    }
  }

  #execute(sql: string, pieces: readonly Uint8Array[]): void {
    this.beforeTransaction();
    const advances = [...sql.matchAll(/\('[^']*', (\d+), (\d+)::bigint, (\d+)::bigint\)/g)]
      .map(([, partition, fromOffset, toOffset]) => ({
        partition: Number(partition),
        fromOffset: Number(fromOffset),
        toOffset: Number(toOffset),
      }));
    for (const { partition, fromOffset } of advances) {
      if ((this.progress.get(partition) ?? 0) === fromOffset) continue;
      throw Object.assign(new Error('"fenced: 0 of 1"'), { code: "22P02" });
    }
    const data = pieces.filter(({ length }) => length > 21);
    const ofRows = sql.includes("COPY routes_table")
      ? data.filter(({ length }) => length % ROW_BYTES === 0)
      : [];
    const rejected = data.filter((piece) => !ofRows.includes(piece)).flatMap((
      piece,
    ) => [...new RejectedRows(piece, 0)]);
    const rows = ofRows.reduce((sum, { length }) => sum + length / ROW_BYTES, 0);
    const transaction = { advances, rows, rejected };
    this.received.push(transaction);
    let isCommitted = false;
    const commit = () => {
      if (isCommitted) return;
      isCommitted = true;
      for (const { partition, toOffset } of advances) this.progress.set(partition, toOffset);
      this.rows += rows;
      this.rejected.push(...rejected);
    };
    this.onTransaction(transaction, commit);
    commit();
  }
}

/** The server canceled the statement, or does not answer. */
export class TransactionTimeout extends Error {}
