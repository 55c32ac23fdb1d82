import assert from "assert";
import type pg from "pg";
import { CONSUMER_PROGRESS, createTableSql, OWN_TABLES, REJECTED_RECORDS } from "./tables.ts";
import { upgradeTables } from "./upgrade.ts";

/** A server whose consumer_progress lacks `missing`, and that answers `ALTER TABLE` with an SQLSTATE. */
function server(missing: readonly string[], sqlstate?: string) {
  const altered: string[] = [];
  const query = (sql: string) => {
    if (!sql.startsWith("ALTER")) return Promise.resolve({ rows: missing.map((name) => ({ name })) });
    altered.push(sql);
    return sqlstate === undefined ? Promise.resolve({ rows: [] }) : Promise.reject(
      Object.assign(new Error("must be owner of table consumer_progress"), { code: sqlstate }),
    );
  };
  return { client: { query } as unknown as pg.Client, altered };
}

const ALTER = "ALTER TABLE consumer_progress ADD COLUMN IF NOT EXISTS topic_id UUID";

Deno.test("upgradeTables() adds the columns that a table of a previous version lacks", async () => {
  const { client, altered } = server(["topic_id"]);
  const { added, warnings } = await upgradeTables(client);
  assert.deepEqual([added, warnings], [["column topic_id of table consumer_progress"], []]);
  assert.deepEqual(altered, [ALTER]);
});

Deno.test("upgradeTables() alters nothing when no column is missing", async () => {
  const { client, altered } = server([]);
  assert.deepEqual(await upgradeTables(client), { added: [], warnings: [] });
  assert.deepEqual(altered, []);
});

Deno.test("upgradeTables() warns with the statement when the account is not allowed to alter the table", async () => {
  for (const sqlstate of ["42501", "42809"]) {
    const { added, warnings } = await upgradeTables(server(["topic_id"], sqlstate).client);
    assert.deepEqual(added, []);
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, new RegExp(`must be owner of table.*${ALTER};$`));
  }
  await assert.rejects(upgradeTables(server(["topic_id"], "57014").client), { code: "57014" });
});

Deno.test("columns that later versions added are nullable, so that previous versions can insert rows", () => {
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
    / {2}"offset" BIGINT NOT NULL,[^]*rejected_at TIMESTAMPTZ NOT NULL DEFAULT now\(\),\n {2}PRIMARY KEY \(topic, partition, "offset"\)\n\)$/,
  );
});
