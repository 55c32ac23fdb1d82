/**
 * Replays rejected records: those that are valid now are deleted from `rejected_records` and inserted into their table in one
 * transaction, so that none is lost or stored twice, also if several replays run at the same time.
 *
 * A rejected record exists once per topic, partition and offset, however many consumer groups have rejected it.
 *
 * @module
 */
import type pg from "pg";
import { type BoundStream, createRowDecoder, decodeValue } from "../../shared/codec/row_decoder.ts";
import type { Rejection } from "../../shared/codec/rejection.ts";
import { PermanentError } from "../../shared/errors.ts";
import { escapeNonAscii } from "../../shared/escape.ts";
import { namedHeaders } from "../../shared/kafka/records/record_reader.ts";
import { classify, type PostgresErrorFields } from "../../shared/postgres/errors.ts";
import { inTransaction, type SessionInfo } from "../../shared/postgres/session.ts";
import { bindStreams } from "../../shared/schema/bind_streams.ts";
import { REJECTED_RECORDS } from "../../shared/schema/own_tables.ts";
import {
  deleteRejected,
  lockRejected,
  type RejectedPosition,
  updateRejections,
} from "../../shared/schema/rejected_replay.ts";
import { streamTarget } from "../../shared/schema/stream_table.ts";
import type { Stream } from "../../shared/stream.ts";
import { RowBuffer } from "../../shared/types/row_buffer.ts";
import type { SkippedRecord } from "../../shared/schema/upsert_replay.ts";
import { upsertMode } from "../../shared/upsert_stream.ts";
import { lookUpViolation } from "../store/violation.ts";
import { assertAboutRecord, isViolation, tablesOf } from "../store/record_errors.ts";
import { firstRejection } from "../store/reject_streaks.ts";
import { runTransaction } from "../store/transaction.ts";
import { applyRows } from "./upsert_replay.ts";

/** Maximum number of records in a transaction. */
const BATCH_RECORDS_MAX = 1_000;

/** Result of a replay. */
export interface Replayed {
  /** Records moved into the table. */
  moved: number;
  /** Records that are still rejected; `rejected_records` has the current reason. */
  kept: number;
  /** Records of upsert streams that stay in `rejected_records`, since their row is newer, or absent. */
  newer: number;
  absent: number;
}

/** Which records to replay. */
export interface ReplayOptions {
  /** Only records rejected for this reason; empty: all. */
  readonly reason: string;
  /** Inserts records of streams that delete rows even if the row of their key is absent. */
  readonly restore: boolean;
}

/** A rejected record that was decoded again. */
interface Candidate extends RejectedPosition {
  /** `undefined`: it is valid now. */
  readonly rejection: Rejection | undefined;
}

/** Rejected records that one transaction replays. */
interface Batch {
  readonly candidates: readonly Candidate[];
  /** The rows of the valid ones, in PostgreSQL's binary COPY format. */
  readonly rows: Uint8Array;
}

const EMPTY: Batch = { candidates: [], rows: new Uint8Array(0) };

/**
 * Replays a stream's rejected records, in the order of partitions and offsets. If the database rejects a transaction, in a statement or
 * at COMMIT, the transaction is bisected to the offending record.
 *
 * @param signal stops after the current transaction
 * @throws {Error} pg's, unless it is about a record
 */
export async function replay(
  client: pg.Client,
  session: SessionInfo,
  stream: Stream,
  { reason, restore }: ReplayOptions,
  signal: AbortSignal,
): Promise<Replayed> {
  const transaction = <T>(work: () => Promise<T>) =>
    inTransaction(client, { session, settings: { statement_timeout: 0 } }, work);
  const [bound] = await transaction(() => bindStreams(client, [stream]));
  const read = batchReader(bound!, reason);
  const result: Replayed = { moved: 0, kept: 0, newer: 0, absent: 0 };
  let after = { partition: -1, offset: "-1" };
  for (let limit = BATCH_RECORDS_MAX; !signal.aborted;) {
    let batch = EMPTY;
    try {
      const { moved, skipped } = await transaction(async () => {
        batch = await read(client, after, limit);
        return await move(client, bound!, batch, restore);
      });
      const absent = skipped.filter(({ isAbsent }) => isAbsent).length;
      result.moved += moved;
      result.absent += absent;
      result.newer += skipped.length - absent;
      result.kept += batch.candidates.length - moved - skipped.length;
    } catch (error) {
      const { candidates } = batch;
      if (classify(error) !== "record" || candidates.length === 0) throw error;
      if (candidates.length > 1) {
        limit = Math.ceil(candidates.length / 2);
        continue;
      }
      const violation = isViolation(error)
        ? await transaction(() => lookUpViolation(client, error as PostgresErrorFields, tablesOf([stream])))
        : undefined;
      assertAboutRecord(error, [stream], violation);
      await transaction(() =>
        updateReasons(client, stream, [{ ...candidates[0]!, rejection: firstRejection(error) }])
      );
      result.kept++;
    }
    const last = batch.candidates.at(-1);
    if (!last) break;
    after = last;
    limit = Math.min(BATCH_RECORDS_MAX, 2 * limit);
  }
  return result;
}

/** Returns a function that reads, locks and decodes the next records. */
function batchReader(bound: BoundStream, reason: string) {
  const { topic } = bound.stream;
  const decode = createRowDecoder(bound);
  return async (
    client: pg.Client,
    after: { partition: number; offset: string },
    limit: number,
  ): Promise<Batch> => {
    const rows = new RowBuffer();
    const records = await lockRejected(client, { topic, reason, after, limit });
    const candidates = records.map(({ partition, offset, key, value, timestamp_ms, headers }) => {
      const meta = {
        ...{ topic, partition, offset: Number(offset), timestamp: Number(timestamp_ms ?? -1) },
        key: () => key,
        headers: () => headers ? namedHeaders(headers) : undefined,
      };
      return {
        partition,
        offset,
        rejection: decodeValue(decode, value, rows, meta),
      };
    });
    return { candidates, rows: rows.written() };
  };
}

/** Moves the valid records into the table and updates the reasons of the others. Returns how many were moved. */
async function move(
  client: pg.Client,
  bound: BoundStream,
  { candidates, rows }: Batch,
  restore: boolean,
): Promise<{ moved: number; skipped: readonly SkippedRecord[] }> {
  const { stream } = bound;
  await updateReasons(client, stream, candidates);
  const valid = candidates.filter(({ rejection }) => rejection === undefined);
  if (valid.length === 0) return { moved: 0, skipped: [] };
  const skipped = await store(client, bound, rows, restore);
  const isSkipped = new Set(skipped.map(({ partition, offset }) => `${partition}@${offset}`));
  const moved = valid.filter(({ partition, offset }) => !isSkipped.has(`${partition}@${offset}`));
  await deleteMoved(client, stream, moved);
  return { moved: moved.length, skipped };
}

/** Stores rows. Returns the records that an upsert skipped. */
async function store(
  client: pg.Client,
  bound: BoundStream,
  rows: Uint8Array,
  restore: boolean,
): Promise<readonly SkippedRecord[]> {
  if (upsertMode(bound.stream)) return await applyRows(client, bound, rows, restore);
  await runTransaction(client, "", [{ target: streamTarget(bound.stream), rows: [rows] }]);
  return [];
}

/** @throws {PermanentError} if not all records are deleted */
async function deleteMoved(
  client: pg.Client,
  { topic }: Stream,
  moved: readonly RejectedPosition[],
): Promise<void> {
  const deleted = await deleteRejected(client, topic, moved);
  if (deleted === moved.length) return;
  throw new PermanentError(
    {
      action: `Cannot delete ${
        moved.length - deleted
      } replayed records of ${topic} from ${REJECTED_RECORDS.name}`,
      code: "REJECTED_RECORDS_NOT_DELETED",
      cause: "a trigger, a rule or a row-level security policy prevents it; no record was moved",
      remedy: "Drop it, then replay again.",
    },
  );
}

/** Updates the reasons of the records that are still rejected. */
async function updateReasons(
  client: pg.Client,
  { topic }: Stream,
  candidates: readonly Candidate[],
): Promise<void> {
  const kept = candidates.flatMap(({ partition, offset, rejection }) =>
    rejection ? { partition, offset, ...rejection } : []
  );
  if (kept.length === 0) return;
  const { rows: [server] } = await client.query<{ encoding: string }>(
    "SELECT current_setting('server_encoding') AS encoding",
  );
  const storable = server?.encoding === "UTF8" ? (text: string) => text : escapeNonAscii;
  await updateRejections(client, topic, kept.map((at) => ({ ...at, detail: storable(at.detail) })));
}
