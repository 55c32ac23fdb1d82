import assert from "assert";
import { z } from "zod";
import { defineStream } from "../stream.ts";
import { withPositionColumns } from "../upsert_stream.ts";
import { problemOf, type UpsertRelation } from "./upsert_problems.ts";

const stream = withPositionColumns(defineStream({
  name: "items",
  topic: "items",
  table: "items",
  about: "items",
  schema: z.object({ id: z.string() }),
  columns: [{ name: "id", type: "text", path: ["id"] }],
  write: { mode: "upsert", key: ["id"], tombstones: "delete" },
}));

const RELATION: UpsertRelation = {
  table: "items",
  isPartitioned: false,
  hasIndex: true,
  hasDeferrable: false,
  partitionKey: [],
  partitionType: "integer",
  offsetType: "bigint",
};

Deno.test("problemOf() names the statement that makes a table usable", () => {
  const remedy = (relation: Partial<UpsertRelation>) =>
    problemOf({ ...RELATION, ...relation }, stream)?.remedy;
  assert.equal(remedy({}), undefined);
  assert.equal(remedy({ hasIndex: false }), 'CREATE UNIQUE INDEX CONCURRENTLY ON items ("id");');
  assert.equal(remedy({ hasIndex: false, isPartitioned: true }), 'CREATE UNIQUE INDEX ON items ("id");');
  assert.match(
    remedy({ hasIndex: false, isPartitioned: true, partitionKey: ["day"] })!,
    /^Add day to the stream's key/,
  );
  assert.match(remedy({ hasDeferrable: true })!, /not deferrable/);
  assert.match(remedy({ offsetType: null })!, /ALTER TABLE items ADD COLUMN "kafka_offset" bigint;$/);
  assert.match(remedy({ offsetType: "integer" })!, /ALTER COLUMN "kafka_offset" TYPE bigint/);
  assert.match(remedy({ partitionType: "text" })!, /ALTER COLUMN "kafka_partition" TYPE integer/);
  assert.equal(remedy({ partitionType: "smallint" }), undefined);
});
