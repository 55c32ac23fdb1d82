import assert from "assert";
import { z } from "zod";
import { defineStream, type Stream } from "../stream.ts";
import { streamTableSql, streamTarget } from "./stream_table.ts";

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
