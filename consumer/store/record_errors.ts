/**
 * Decides whether an error is caused by the values of single records, or by the table or its environment.
 *
 * @module
 */
import pg from "pg";
import { codeOf, type Diagnosis, messageOf, PermanentError } from "../../shared/errors.ts";
import {
  classify,
  functionOf,
  permanentStatementError,
  type PostgresErrorFields,
} from "../../shared/postgres/errors.ts";
import { isSqlState } from "../../shared/postgres/sqlstate.ts";
import { OWN_TABLES } from "../../shared/schema/own_tables.ts";
import type { Stream } from "../../shared/stream.ts";
import type { Database } from "./database.ts";
import type { Segment } from "../decode/segment.ts";
import { lookUpViolation, type Violation } from "./violation.ts";

const quoted = pg.escapeIdentifier;

/** SQLSTATE check_violation; without a constraint: no partition of the table accepts the row. */
const CHECK_VIOLATION = "23514";
const NOT_NULL_VIOLATION = "23502";
const UNIQUE_VIOLATION = "23505";

/** The tables that a transaction of these streams writes to. */
export const tablesOf = (streams: readonly Stream[]): string[] => [
  ...streams.map(({ table }) => table),
  ...OWN_TABLES.map(({ name }) => name),
];

/** How long a constraint is cached; it is needed for each rejected record. */
const CACHE_MS = 5_000;

/** Checks errors of class `record`, with a cache of violated constraints. */
export class RecordErrors {
  readonly #violations = new Map<string, { violation: Violation; until: number }>();

  constructor(private readonly database: Database) {}

  /**
   * Checks that a transaction failed because of the values of single records, so that the others can be stored.
   *
   * @throws {PermanentError} if the cause is the table or its environment, with the remedy
   * @throws the error itself if its class is not `record`
   */
  async assertAboutRecord(
    error: unknown,
    batch: readonly Segment[],
    shouldRetry: () => boolean,
  ): Promise<void> {
    if (!isSqlState(codeOf(error)) || classify(error) !== "record") throw error;
    const streams = [...new Set(batch.filter(({ rowCount }) => rowCount > 0).map(({ stream }) => stream))];
    if (streams.length === 0) {
      throw permanentStatementError("Cannot store rejected records", error);
    }
    assertAboutRecord(
      error,
      streams,
      isViolation(error) ? await this.#lookUp(error as PostgresErrorFields, streams, shouldRetry) : undefined,
    );
  }

  async #lookUp(
    error: PostgresErrorFields,
    streams: readonly Stream[],
    shouldRetry: () => boolean,
  ): Promise<Violation> {
    const tables = tablesOf(streams);
    const { schema, table, column, constraint, dataType } = error;
    const key = JSON.stringify([schema, table, column, constraint, dataType, tables]);
    const known = this.#violations.get(key);
    if (known && known.until > Date.now()) return known.violation;
    const violation = await this.database.run(
      "Cannot look up a constraint",
      (client) => lookUpViolation(client, error, tables),
      { shouldRetry },
    );
    this.#violations.set(key, { violation, until: Date.now() + CACHE_MS });
    return violation;
  }
}

/** Whether an error is a constraint violation reported by PostgreSQL itself, not by a function's RAISE. */
export const isViolation = (error: unknown): boolean => {
  const { code, routine } = error as PostgresErrorFields;
  return code?.startsWith("23") === true && routine !== "exec_stmt_raise";
};

/**
 * Checks that an error of class `record` is caused by the values of single records of these streams.
 *
 * @param violation of the error, if {@link isViolation}
 * @throws {PermanentError} if the cause is the table or its environment, with the remedy
 */
export function assertAboutRecord(
  error: unknown,
  streams: readonly Stream[],
  violation: Violation | undefined,
): void {
  const { table, where } = error as PostgresErrorFields;
  const action = `Cannot store records in ${streams.map((stream) => stream.table).join(", ")}`;
  const own = OWN_TABLES.map(({ name }) => name)
    .find((name) =>
      name === (violation?.table ?? table) || new RegExp(`^COPY ${name},`, "m").test(where ?? "")
    );
  if (own !== undefined) {
    throw new PermanentError(
      {
        action,
        code: codeOf(error) ?? "TABLE_INCOMPATIBLE",
        cause: `${own} does not accept the consumer's rows: ${textOf(error)}`,
        remedy: "Alter it as described in docs/operations.md, “Tables”.",
      },
      { cause: error },
    );
  }
  if (violation === undefined) return;
  const stream = streams.find((stream) => stream.table === violation.table);
  const written = stream?.columns.map(({ name }) => name) ?? [];
  if (
    stream && (violation.columns === null || violation.columns.some((column) => written.includes(column)))
  ) {
    return;
  }
  throw new PermanentError(
    {
      action: `Cannot store records in ${stream?.table ?? streams[0]!.table}`,
      code: codeOf(error) ?? "TABLE_INCOMPATIBLE",
      ...problemOf(error, stream, violation),
    },
    { cause: error },
  );
}

/** The database's message with its detail. */
export const textOf = (error: unknown): string => {
  const { detail } = error as PostgresErrorFields;
  return detail === undefined ? messageOf(error) : `${messageOf(error)} (${detail.replace(/\.$/, "")})`;
};

/** Cause and remedy of a violation that is not about the record's values. */
function problemOf(
  error: unknown,
  stream: Stream | undefined,
  { columns, serial }: Violation,
): Pick<Diagnosis, "cause" | "remedy"> {
  const { code, constraint, dataType, table: leaf } = error as PostgresErrorFields;
  const name = stream?.table;
  const [column] = columns ?? [];
  if (code === NOT_NULL_VIOLATION && stream && column !== undefined && dataType === undefined) {
    return {
      cause: `column "${column}" is NOT NULL without a default and not part of stream ${stream.name}`,
      remedy: `Set a default: ALTER TABLE ${name} ALTER COLUMN ${
        quoted(column)
      } SET DEFAULT …; or drop NOT NULL.`,
    };
  }
  if (code === CHECK_VIOLATION && constraint === undefined) {
    return {
      cause: textOf(error),
      remedy: `Create the partition, or one for all other rows: CREATE TABLE … PARTITION OF ${
        name ?? leaf
      } DEFAULT.`,
    };
  }
  if (code === UNIQUE_VIOLATION && stream && serial) {
    const value = `(SELECT max(${quoted(serial.column)}) FROM ${name})`;
    return {
      cause: `${textOf(error)}; the sequence of column "${serial.column}" is behind the stored rows`,
      remedy: `Run: SELECT setval(${pg.escapeLiteral(serial.sequence)}, ${value});`,
    };
  }
  const context = functionOf(error);
  const from = context === undefined ? "" : ` in ${context}, a trigger or function of the table`;
  const owner = stream ? `the stream ${stream.name}` : "a stream";
  const ofTable = leaf && !stream ? ` of ${leaf}` : "";
  const culprit = context === undefined ? "constraint or the column's default" : "trigger or the constraint";
  return {
    cause: `${textOf(error)}${from}; no column of ${owner} is part of this constraint${ofTable}`,
    remedy: `Correct or drop the ${culprit}.`,
  };
}
