/**
 * Replays rejected records of upsert streams.
 *
 * @module
 */
import type pg from "pg";
import type { BoundStream } from "../../shared/codec/bound_stream.ts";
import { type SkippedRecord, skipSql } from "../../shared/schema/upsert_replay.ts";
import { applySql } from "../../shared/schema/upsert_sql.ts";
import {
  createStagingSql,
  stagingName,
  stagingTarget,
  upsertTable,
} from "../../shared/schema/upsert_table.ts";
import { upsertMode } from "../../shared/upsert_stream.ts";
import { runTransaction } from "../store/transaction.ts";

/**
 * Applies rows in the current transaction, except those of records whose row is newer. If the stream deletes rows, a record whose row is
 * absent is skipped, too, unless `restore` is set: its row may have been deleted since.
 *
 * @param rows in PostgreSQL's binary COPY format
 * @returns the records that were skipped
 */
export async function applyRows(
  client: pg.Client,
  { stream, types, typeOids }: BoundStream,
  rows: Uint8Array,
  restore: boolean,
): Promise<readonly SkippedRecord[]> {
  const table = upsertTable(stream, types, typeOids)!;
  const deletes = upsertMode(stream)?.tombstones === "delete";
  await runTransaction(client, "", [
    createStagingSql(table),
    { target: stagingTarget(table), rows: [rows] },
  ]);
  const { rows: skipped } = await client.query<SkippedRecord>(skipSql(table, deletes && !restore));
  await client.query(
    applySql(table, stagingName(table), { hasTombstones: deletes, hasSeveralPartitions: true }),
  );
  return skipped;
}
