import assert from "assert";
import { z } from "zod";
import { defineStream, type WriteMode } from "./stream.ts";
import { keyIndexes, metadataColumn, withPositionColumns } from "./upsert_stream.ts";

const stream = (write: WriteMode | undefined, offset?: string) =>
  defineStream({
    name: "items",
    topic: "items",
    table: "items",
    about: "items",
    schema: z.object({ a: z.string(), b: z.string() }),
    columns: [
      { name: "a", type: "text", path: ["a"] },
      { name: "b", type: "text", path: ["b"] },
      ...offset === undefined ? [] : [{ name: offset, metadata: "offset" } as const],
    ],
    ...write && { write },
  });

const upsert = (...key: string[]): WriteMode => ({ mode: "upsert", key, tombstones: "delete" });

Deno.test("withPositionColumns() adds columns for partition and offset when an upsert stream lacks them", () => {
  const names = (write?: WriteMode, offset?: string) =>
    withPositionColumns(stream(write, offset)).columns.map(({ name }) => name);
  assert.deepEqual(names(upsert("a")), ["a", "b", "kafka_partition", "kafka_offset"]);
  assert.deepEqual(names(upsert("a"), "at"), ["a", "b", "at", "kafka_partition"]);
  assert.deepEqual(names(), ["a", "b"]);
  assert.deepEqual(names({ mode: "append" }), ["a", "b"]);
  assert.equal(metadataColumn(withPositionColumns(stream(upsert("a"), "at")), "offset"), "at");
});

Deno.test("withPositionColumns() throws when the key is empty, unknown or has a column twice", () => {
  assert.throws(() => withPositionColumns(stream(upsert())), /stream items has no key column/);
  assert.throws(() => withPositionColumns(stream(upsert("a", "c"))), /"c", which is not a column/);
  assert.throws(() => withPositionColumns(stream(upsert("a", "a"))), /names a key column twice/);
});

Deno.test("keyIndexes() returns the positions of the key columns", () => {
  assert.deepEqual(keyIndexes(stream(upsert("b", "a"))), [1, 0]);
  assert.deepEqual(keyIndexes(stream(undefined)), []);
});
