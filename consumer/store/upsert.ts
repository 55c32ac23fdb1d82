/**
 * Stores the rows of upsert streams.
 *
 * @module
 */
import { assertTypesSql } from "../../shared/schema/assert_types.ts";
import { applySql, KEY_CONFLICTS_SQL, sortMemorySql } from "../../shared/schema/upsert_sql.ts";
import {
  createStagingSql,
  stagingName,
  stagingTarget,
  upsertTable,
} from "../../shared/schema/upsert_table.ts";
import type { Segment } from "../decode/segment.ts";
import type { Step } from "./transaction.ts";

/** The part of segments that an upsert stores. */
export type UpsertRows = Pick<
  Segment,
  "stream" | "types" | "typeOids" | "partition" | "rows" | "hasTombstones"
>;

/**
 * The steps that apply the rows of a stream's segments. The last one returns a row: how many stored rows' records were from another
 * partition, for all streams so far.
 */
export function upsertSteps(segments: readonly UpsertRows[]): Step[] {
  const { stream, types, typeOids } = segments[0]!;
  const table = upsertTable(stream, types, typeOids)!;
  const bytes = segments.reduce((sum, { rows }) => sum + rows.length, 0);
  return [
    createStagingSql(table),
    { target: stagingTarget(table), rows: segments.map(({ rows }) => rows) },
    sortMemorySql(bytes),
    applySql(table, stagingName(table), {
      hasTombstones: segments.some(({ hasTombstones }) => hasTombstones),
      hasSeveralPartitions: new Set(segments.map(({ partition }) => partition)).size > 1,
    }),
    ...typeOids ? [assertTypesSql(stream, typeOids)] : [],
    KEY_CONFLICTS_SQL,
  ];
}
