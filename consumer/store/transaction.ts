/**
 * Runs a transaction in one round trip: the fence, the rows, the rejected records.
 *
 * All statements are sent in one Query message, followed by the COPY data without waiting for the server's CopyInResponse. PostgreSQL runs
 * the statements of a Query message as one transaction, and ignores COPY data that arrives after an error.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT
 * @module
 */
import { Buffer } from "node:buffer";
import type pg from "pg";
import { COPY_HEADER, COPY_TRAILER } from "../../shared/postgres/binary_copy.ts";
import { isFenceError } from "../../shared/schema/advance_progress.ts";

/** The progress was not at the expected offset. Nothing was stored. */
export class FencedError extends Error {
  override readonly name = "FencedError";
}

/** The data of a COPY … FROM STDIN (FORMAT binary). */
export interface Copy {
  /** Table and columns, as SQL. */
  readonly target: string;
  /** Chunks of rows, without header and trailer. */
  readonly rows: readonly Uint8Array[];
}

/** A statement, or a COPY with its data. */
export type Step = string | Copy;

const sqlOf = (step: Step) =>
  typeof step === "string" ? step : `COPY ${step.target} FROM STDIN (FORMAT binary)`;

/** The part of pg's Connection that a submittable writes to. */
interface Connection {
  readonly stream: { cork(): void; uncork(): void; write(chunk: Uint8Array): boolean };
  query(text: string): void;
}

const messageHeader = (type: string, length: number): Uint8Array => {
  const header = Buffer.allocUnsafe(5);
  header.write(type, 0, "latin1");
  header.writeInt32BE(length + 4, 1);
  return header;
};
const COPY_DONE = messageHeader("c", 0);

/**
 * Runs a transaction.
 *
 * @param start SQL before the steps
 * @returns the first column of each row that the steps return, as text
 * @throws {FencedError} if the progress was not at the expected offset
 * @throws {Error} pg's, with the SQLSTATE as `code`; without a code if the connection broke, and then the outcome is unknown
 */
export function runTransaction(
  client: pg.Client,
  start: string,
  steps: readonly Step[],
): Promise<readonly (string | null)[]> {
  const { promise, resolve, reject } = Promise.withResolvers<readonly (string | null)[]>();
  const results: (string | null)[] = [];
  let failure: Error | undefined;
  const ignore = () => {};
  const submittable = {
    submit(connection: Connection) {
      const { stream } = connection;
      stream.cork();
      connection.query(start + steps.map(sqlOf).join(";\n"));
      for (const step of steps) {
        if (typeof step === "string") continue;
        // Each chunk is one CopyData message and is not copied.
        for (const chunk of [COPY_HEADER, ...step.rows, COPY_TRAILER]) {
          stream.write(messageHeader("d", chunk.length));
          stream.write(chunk);
        }
        stream.write(COPY_DONE);
      }
      stream.uncork();
    },
    handleError(error: Error) {
      failure = isFenceError(error as { code?: string }) ? new FencedError(error.message) : error;
      // Reject now: if the connection is broken, no ReadyForQuery follows.
      reject(failure);
    },
    handleReadyForQuery: () => resolve(results),
    handleRowDescription: ignore,
    handleDataRow: ({ fields }: { fields: readonly (string | null)[] }) =>
      void results.push(fields[0] ?? null),
    handleCommandComplete: ignore,
    handleCopyInResponse: ignore,
    handleCopyData: ignore,
    handleEmptyQuery: ignore,
    handleParseComplete: ignore,
    handlePortalSuspended: ignore,
  };
  client.query(submittable as unknown as pg.Submittable);
  return promise;
}
