/**
 * One transaction in one round trip: the fence, the rows, the rejected records.
 *
 * All statements go out in one Query message, and the COPY data right behind it without waiting for the server to ask.
 * PostgreSQL runs the statements of one Query message as one transaction: an error undoes them all, the end commits them.
 * (https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-MULTI-STATEMENT). COPY data that arrives after an error
 * is read and ignored, as the protocol has it.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import type pg from "pg";
import { isFenceError } from "../../shared/schema/advance_progress.ts";
import { COPY_HEADER, COPY_TRAILER } from "../decode/row_encoder.ts";

/** Another consumer has moved on: nothing of the transaction was stored. */
export class FencedError extends Error {
  override readonly name = "FencedError";
}

/** Data for one COPY … FROM STDIN (FORMAT binary). */
export interface Copy {
  /** Table and columns, as SQL. */
  readonly target: string;
  /** Rows without header and trailer, in pieces. */
  readonly rows: readonly Uint8Array[];
}

/** The whole Query message: fence, further statements, COPYs. */
export const transactionSql = (
  fence: string,
  statements: readonly string[],
  copies: readonly Copy[],
): string =>
  [fence, ...statements, ...copies.map(({ target }) => `COPY ${target} FROM STDIN (FORMAT binary)`)].join(
    ";\n",
  );

/** What pg gives its queries to write to. */
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
 * @throws {FencedError} where progress was not where it was expected
 * @throws {Error} pg's, with the SQLSTATE as `code`; without a code when the connection broke, and then the outcome is unknown
 */
export function runTransaction(client: pg.Client, sql: string, copies: readonly Copy[]): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let failure: Error | undefined;
  const nothing = () => {};
  const submittable = {
    submit(connection: Connection) {
      const { stream } = connection;
      stream.cork();
      connection.query(sql);
      for (const { rows } of copies) {
        // The pieces go to the socket as they are, uncopied, each as a CopyData message.
        for (const piece of [COPY_HEADER, ...rows, COPY_TRAILER]) {
          stream.write(messageHeader("d", piece.length));
          stream.write(piece);
        }
        stream.write(COPY_DONE);
      }
      stream.uncork();
    },
    handleError(error: Error) {
      failure = isFenceError(error as { code?: string }) ? new FencedError(error.message) : error;
      // Rejected at once: where the connection is gone, no ReadyForQuery follows.
      reject(failure);
    },
    handleReadyForQuery: () => resolve(),
    handleRowDescription: nothing,
    handleDataRow: nothing,
    handleCommandComplete: nothing,
    handleCopyInResponse: nothing,
    handleCopyData: nothing,
    handleEmptyQuery: nothing,
    handleParseComplete: nothing,
    handlePortalSuspended: nothing,
  };
  client.query(submittable as unknown as pg.Submittable);
  return promise;
}
