import assert from "assert";
import type pg from "pg";
import { loadStreams } from "../streams.ts";
import { ensureTables, streamTableSql } from "./create_tables.ts";

const streams = await loadStreams(["routes"]);

/** A server on which another consumer makes the tables at the same time: each of ours is refused, and there all the same. */
function busyServer(code: string): pg.Client {
  const columns: Record<string, Record<string, string>> = {
    routes_table: {
      user_id: "integer",
      timestamp: "double precision",
      latitude: "double precision",
      longitude: "double precision",
    },
    consumer_progress: { group_id: "text", topic: "text", partition: "integer", next_offset: "bigint" },
    rejected_records: {
      topic: "text",
      partition: "integer",
      offset: "bigint",
      key: "bytea",
      value: "bytea",
      reason: "text",
      detail: "text",
    },
  };
  let made = false;
  const query = (sql: string) => {
    if (sql.startsWith("CREATE")) {
      made = true;
      return Promise.reject(Object.assign(new Error("already exists"), { code }));
    }
    if (sql.includes("relkind")) return Promise.resolve({ rows: [] });
    const rows = Object.entries(made ? columns : {}).flatMap(([table, types]) =>
      Object.entries(types).map(([column, type]) => ({ table, column, type }))
    );
    return Promise.resolve({ rows });
  };
  return { query } as unknown as pg.Client;
}

Deno.test("ensureTables() goes on when another consumer makes the tables at the same time", async () => {
  for (const code of ["23505", "42P07", "42710"]) {
    assert.deepEqual(await ensureTables(busyServer(code), streams), [], code);
  }
  await assert.rejects(ensureTables(busyServer("42501"), streams), /may not create it/);
});

Deno.test("streamTableSql() has the columns of the stream's fields, in their order", () => {
  assert.match(
    streamTableSql(streams[0]!),
    /"routes_table" \(\s+"user_id" INT NOT NULL,\s+"timestamp" DOUBLE PRECISION NOT NULL,\s+"latitude" .*,\s+"longitude" /,
  );
});
