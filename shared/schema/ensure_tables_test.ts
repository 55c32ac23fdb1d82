import assert from "assert";
import type pg from "pg";
import { loadStreams } from "../streams.ts";
import { parseType } from "../types/type_descriptor.ts";
import { ensureTables } from "./ensure_tables.ts";

const OPTIONS = { addColumns: false };
const streams = await loadStreams(["routes"]);

const TARGET = { table: "routes_table", schema: "sales", exists: true, canCreate: false, account: "app" };

/** A server on which another consumer creates the tables at the same time: each CREATE fails, and the table exists afterwards. */
function serverWithRace(code: string, comment: string | null = null): pg.Client {
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
  let isCreated = false;
  const query = (sql: string) => {
    if (sql.startsWith("CREATE")) {
      isCreated = true;
      return Promise.reject(Object.assign(new Error("already exists"), { code }));
    }
    if (sql.includes("canCreate")) return Promise.resolve({ rows: [TARGET] });
    if (/relkind|reset_val/.test(sql)) return Promise.resolve({ rows: [] });
    if (sql.includes("server_encoding")) return Promise.resolve({ rows: [{ encoding: "UTF8" }] });
    if (sql.includes("obj_description")) return Promise.resolve({ rows: [{ comment }] });
    const rows = Object.entries(isCreated ? columns : {}).flatMap(([table, types]) =>
      Object.entries(types).map(([column, sql]) => ({
        ...{ table, column, sql, labels: null, element_oid: null, element: null },
        ...{ oid: parseType(sql)!.oid, not_null: true, generated: false, has_default: false },
      }))
    );
    return Promise.resolve({ rows });
  };
  return { query } as unknown as pg.Client;
}

Deno.test("ensureTables() uses the tables when another consumer creates them at the same time", async () => {
  for (const code of ["23505", "42P07", "42710"]) {
    assert.deepEqual(await ensureTables(serverWithRace(code), streams, OPTIONS), [], code);
  }
});

Deno.test("ensureTables() throws the statement when the account is not allowed to create a table", async () => {
  await assert.rejects(
    ensureTables(serverWithRace("42501"), streams, OPTIONS),
    /not allowed to create it in the schema sales\. GRANT CREATE ON SCHEMA sales TO app; Or create it:\nCREATE TABLE IF NOT EXISTS routes_table/,
  );
});

Deno.test("ensureTables() throws when the tables have a newer schema that this version cannot use", async () => {
  await assert.rejects(
    ensureTables(serverWithRace("42P07", "schema version 9, compatible with 8"), streams, OPTIONS),
    /consumer_progress .* has schema version 9, which programs of schema version \d+ cannot use\. Run the version/,
  );
});
