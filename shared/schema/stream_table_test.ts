import assert from "assert";
import { z } from "zod";
import { defineStream, type Stream } from "../stream.ts";
import {
  addColumnsSql,
  enumTypes,
  enumTypeSql,
  streamTablePrivileges,
  streamTableSql,
  streamTarget,
} from "./stream_table.ts";

const stream: Stream = {
  ...defineStream({} as Stream),
  table: `"Sales"."Order Items"`,
  schema: z.object({ id: z.bigint(), note: z.string().nullable(), amount: z.number().optional() }),
  columns: [
    { name: "id", type: "bigint", path: ["id"] },
    { name: 'A "note"', type: "varchar(20)", path: ["note"] },
    { name: "amount", type: "numeric(12,2)", path: ["amount"] },
    { name: "offset", metadata: "offset" },
    { name: "kafka_key", metadata: "key", type: "text" },
    { name: "time", metadata: "timestamp" },
  ],
};

Deno.test("streamTableSql() has a column for each column of the stream, NOT NULL if the schema requires a value", () => {
  assert.equal(
    streamTableSql(stream),
    `CREATE TABLE IF NOT EXISTS "Sales"."Order Items" (
  "id" bigint NOT NULL,
  "A ""note""" varchar(20),
  "amount" numeric(12,2),
  "offset" bigint NOT NULL,
  "kafka_key" text,
  "time" timestamptz
)`,
  );
});

Deno.test("streamTarget() names the table as in SQL and quotes the columns", () => {
  assert.equal(
    streamTarget(stream),
    `"Sales"."Order Items" ("id", "A ""note""", "amount", "offset", "kafka_key", "time")`,
  );
});

const upsert = (tombstones: "delete" | "ignore"): Stream => ({
  ...stream,
  write: { mode: "upsert", key: ["offset", 'A "note"'], tombstones },
});

Deno.test("streamTableSql() has a primary key on the key columns when the stream upserts", () => {
  assert.match(streamTableSql(upsert("delete")), /,\n {2}PRIMARY KEY \("offset", "A ""note"""\)\n\)$/);
});

Deno.test("streamTablePrivileges() contains what an upsert and its deletes need", () => {
  assert.deepEqual(streamTablePrivileges(stream), ["INSERT"]);
  assert.deepEqual(streamTablePrivileges(upsert("ignore")), ["SELECT", "INSERT", "UPDATE"]);
  assert.deepEqual(streamTablePrivileges(upsert("delete")), ["SELECT", "INSERT", "UPDATE", "DELETE"]);
});

Deno.test("enumTypes() lists the enum types whose labels the schema has, also those of arrays", () => {
  const sizes = z.enum(["small", "it's"]);
  const types = enumTypes({
    ...stream,
    schema: z.object({ size: sizes, sizes: z.array(sizes), text: sizes, other: z.string() }),
    columns: [
      { name: "size", type: "Sales.Size", path: ["size"] },
      { name: "sizes", type: '"Sizes"[]', path: ["sizes"] },
      { name: "text", type: "varchar(9)", path: ["text"] },
      { name: "other", type: "mood", path: ["other"] },
    ],
  });
  assert.deepEqual([...types].map(([name, labels]) => enumTypeSql(name, labels)), [
    "CREATE TYPE sales.size AS ENUM ('small', 'it''s')",
    `CREATE TYPE "Sizes" AS ENUM ('small', 'it''s')`,
  ]);
});

Deno.test("addColumnsSql() adds columns without NOT NULL", () => {
  assert.equal(
    addColumnsSql(stream, stream.columns.slice(2, 4)),
    `ALTER TABLE "Sales"."Order Items" ADD COLUMN IF NOT EXISTS "amount" numeric(12,2), ADD COLUMN IF NOT EXISTS "offset" bigint`,
  );
});
