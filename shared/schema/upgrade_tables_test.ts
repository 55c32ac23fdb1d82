import assert from "assert";
import type pg from "pg";
import { CONSUMER_PROGRESS, createTableSql, OWN_TABLES, REJECTED_RECORDS } from "./own_tables.ts";
import { withSchemaVersion } from "./schema_version.ts";
import { hasAddedColumns, upgradeTables } from "./upgrade_tables.ts";

/** A server whose tables lack `missing` and has a comment; it rejects `ALTER TABLE` and `COMMENT` with an SQLSTATE. */
function server(missing: readonly string[], comment: string | null, sqlstate?: string) {
  const altered: string[] = [];
  const query = (sql: string, [, columns = []]: [table?: string, columns?: string[]] = []) => {
    if (sql.includes("obj_description")) return Promise.resolve({ rows: [{ comment }] });
    if (!/^(ALTER|COMMENT)/.test(sql)) {
      return Promise.resolve({
        rows: missing.filter((name) => columns.includes(name)).map((name) => ({ name })),
      });
    }
    altered.push(sql);
    return sqlstate === undefined ? Promise.resolve({ rows: [] }) : Promise.reject(
      Object.assign(new Error("must be owner of table consumer_progress"), { code: sqlstate }),
    );
  };
  return { client: { query } as unknown as pg.Client, altered };
}

const ALTER = "ALTER TABLE consumer_progress ADD COLUMN IF NOT EXISTS topic_id UUID";
const ALTER_REJECTED =
  "ALTER TABLE rejected_records ADD COLUMN IF NOT EXISTS timestamp_ms BIGINT, ADD COLUMN IF NOT EXISTS headers BYTEA[]";
const CURRENT = withSchemaVersion(null);
const COMMENT = `COMMENT ON TABLE consumer_progress IS '${CURRENT}'`;

Deno.test("upgradeTables() adds the columns that a table of a previous version lacks, and stores the version", async () => {
  const { client, altered } = server(["topic_id"], null);
  const { added, warnings } = await upgradeTables(client);
  assert.deepEqual([added, warnings], [["column topic_id of table consumer_progress"], []]);
  assert.deepEqual(altered, [ALTER, COMMENT]);
});

Deno.test("upgradeTables() adds the metadata of rejected records, or warns, when the table of a previous version lacks it", async () => {
  const missing = ["timestamp_ms", "headers"], version2 = "schema version 2, compatible with 1";
  const { client, altered } = server(missing, version2);
  const { added, warnings } = await upgradeTables(client);
  assert.deepEqual(added, missing.map((column) => `column ${column} of table rejected_records`));
  assert.deepEqual([warnings, altered], [[], [ALTER_REJECTED, COMMENT]]);
  const [warning] = (await upgradeTables(server(missing, version2, "42501").client)).warnings;
  assert.match(warning!, /^The table rejected_records has no column timestamp_ms and headers: must be owner/);
  assert.match(warning!, /are NULL in rows of replayed records\. To upgrade it, run as its owner/);
  assert.ok(warning!.endsWith(`${ALTER_REJECTED}; ${COMMENT};`), warning!);
});

Deno.test("hasAddedColumns() returns false when the table lacks one of them", async () => {
  const found = await Promise.all(
    [[], ["headers"], ["topic_id"]].map((missing) =>
      hasAddedColumns(server(missing, null).client, REJECTED_RECORDS)
    ),
  );
  assert.deepEqual(found, [true, false, true]);
});

Deno.test("upgradeTables() alters nothing when the tables have this version", async () => {
  const { client, altered } = server([], CURRENT);
  assert.deepEqual(await upgradeTables(client), { added: [], warnings: [] });
  assert.deepEqual(altered, []);
});

Deno.test("upgradeTables() does not warn when only the version cannot be stored", async () => {
  const { client, altered } = server([], null, "42501");
  assert.deepEqual(await upgradeTables(client), { added: [], warnings: [] });
  assert.deepEqual(altered, [COMMENT]);
});

Deno.test("upgradeTables() warns and alters nothing when the tables are newer and compatible", async () => {
  const { client, altered } = server([], "schema version 9, compatible with 1");
  const { warnings } = await upgradeTables(client);
  assert.match(warnings.join(), /schema version 9/);
  assert.deepEqual(altered, []);
});

Deno.test("upgradeTables() warns with the statements when the account is not allowed to alter the table", async () => {
  for (const sqlstate of ["42501", "42809"]) {
    const { added, warnings } = await upgradeTables(server(["topic_id"], null, sqlstate).client);
    assert.deepEqual(added, []);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, new RegExp(`must be owner of table.*${ALTER}; ${COMMENT};$`));
  }
  await assert.rejects(upgradeTables(server(["topic_id"], null, "57014").client), { code: "57014" });
});

Deno.test("OWN_TABLES has only nullable added columns, so that previous versions can insert rows", () => {
  for (const { addedColumns } of OWN_TABLES) {
    for (const { constraint = "" } of addedColumns) assert.doesNotMatch(constraint, /NOT NULL/);
  }
});

Deno.test("createTableSql() has all columns, quotes the reserved word, and ends with the primary key", () => {
  assert.match(
    createTableSql(CONSUMER_PROGRESS),
    /next_offset BIGINT NOT NULL,\n {2}topic_id UUID,\n {2}PRIMARY KEY/,
  );
  assert.match(
    createTableSql(REJECTED_RECORDS),
    / {2}"offset" BIGINT NOT NULL,[^]*rejected_at TIMESTAMPTZ NOT NULL DEFAULT now\(\),\n {2}timestamp_ms BIGINT,\n {2}headers BYTEA\[\],\n {2}PRIMARY KEY \(topic, partition, "offset"\)\n\)$/,
  );
});
