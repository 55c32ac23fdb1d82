/**
 * The privileges of an account on a real server: each error names what is missing, and the statement that grants it.
 *
 * @module
 */
import assert from "assert";
import pg from "pg";
import { z } from "zod";
import { PermanentError } from "../../shared/errors.ts";
import { inspectSession, inTransaction } from "../../shared/postgres/session.ts";
import { bindStreams } from "../../shared/schema/bind_streams.ts";
import { ensureTables } from "../../shared/schema/ensure_tables.ts";
import { loadTopicProgress } from "../../shared/schema/progress.ts";
import { insertRejectedSql } from "../../shared/schema/rejected_records.ts";
import { streamTarget } from "../../shared/schema/stream_table.ts";
import { upgradeTables } from "../../shared/schema/upgrade_tables.ts";
import { applySql } from "../../shared/schema/upsert_sql.ts";
import {
  createStagingSql,
  stagingName,
  stagingTarget,
  upsertTable,
} from "../../shared/schema/upsert_table.ts";
import { defineStream, type Stream } from "../../shared/stream.ts";
import { withPositionColumns } from "../../shared/upsert_stream.ts";
import { Database } from "../harness/database.ts";
import { uniqueName } from "../harness/random.ts";
import { sharedServers } from "../harness/shared_servers.ts";

const stream = (name: string, table: string, more: Partial<Stream> = {}): Stream =>
  withPositionColumns(defineStream({
    ...{ name, table, topic: name, about: name },
    schema: z.object({ id: z.number().int(), size: z.enum(["small", "large"]) }),
    columns: [
      { name: "id", type: "integer", path: ["id"] },
      { name: "size", type: `"Types".size`, path: ["size"] },
    ],
    ...more,
  }));

const STREAMS = [
  stream("things", `"Sales".things`),
  stream("latest", `"Sales".latest`, { write: { mode: "upsert", key: ["id"], tombstones: "delete" } }),
];

/** Runs `work` with the account, as the consumer does. */
async function asAccount<T>(database: Database, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const url = new URL(database.server.url(database.name));
  [url.username, url.password] = ["limited", "limited"];
  const client = new pg.Client({ connectionString: url.href, ssl: false });
  await client.connect();
  try {
    return await inTransaction(client, { session: await inspectSession(client) }, () => work(client));
  } finally {
    await client.end();
  }
}

async function prepare(client: pg.Client): Promise<void> {
  await ensureTables(client, STREAMS, { addColumns: false });
  await upgradeTables(client);
}

/** Each cause with its statements. */
const EXPECTED = [
  `the table "Sales".things cannot be accessed: the account lacks USAGE on the schema "Sales"`,
  `GRANT USAGE ON SCHEMA "Sales" TO limited;`,
  "the table consumer_progress cannot be accessed: the account lacks USAGE on the schema public",
  "GRANT USAGE ON SCHEMA public TO limited;",
  "the table consumer_progress does not exist, and the account is not allowed to create it in the schema public",
  "GRANT CREATE ON SCHEMA public TO limited;",
  `the table "Sales".latest in database name needs a temporary table for upserts, which this account is not allowed to create`,
  `GRANT TEMPORARY ON DATABASE "name" TO "limited";`,
  `the account lacks INSERT on "Sales".things; USAGE on the sequence "Sales".things_row_id_seq; ` +
  `SELECT, INSERT, UPDATE, DELETE on "Sales".latest; USAGE on the schema "Types"`,
  `GRANT INSERT ON "Sales".things TO limited;`,
  `GRANT USAGE ON SEQUENCE "Sales".things_row_id_seq TO limited;`,
  `GRANT SELECT, INSERT, UPDATE, DELETE ON "Sales".latest TO limited;`,
  `GRANT USAGE ON SCHEMA "Types" TO limited;`,
];

/** Stores a row in each table and a rejected record, and applies a tombstone, with the consumer's statements. */
async function store(client: pg.Client): Promise<void> {
  await loadTopicProgress(client, "g", STREAMS.map(({ topic }) => ({ topic, partition: 0, start: 0 })));
  const [things, latest] = await bindStreams(client, STREAMS);
  await client.query(`INSERT INTO ${streamTarget(things!.stream)} VALUES (1, 'small')`);
  const table = upsertTable(latest!.stream, latest!.types, latest!.typeOids)!;
  await client.query(createStagingSql(table));
  await client.query(
    `INSERT INTO ${stagingTarget(table)} VALUES (1, 'small', 0, 0), (2, NULL, -1, 1)`,
  );
  await client.query(
    applySql(table, stagingName(table), { hasTombstones: true, hasSeveralPartitions: false }),
  );
  const at = { topic: "things", partition: 0, offset: 1, key: null, value: null, timestamp: 1, headers: [] };
  await client.query(insertRejectedSql([[{ ...at, reason: "no value", detail: "no value" }]], true));
}

Deno.test("ensureTables() names each missing privilege and the statement that grants it when the account lacks it", async () => {
  const database = new Database(sharedServers().postgres, uniqueName("privileges"));
  await database.create();
  try {
    await database.query(
      `CREATE ROLE limited LOGIN PASSWORD 'limited'; REVOKE ALL ON SCHEMA public FROM PUBLIC;
       REVOKE TEMPORARY ON DATABASE "${database.name}" FROM PUBLIC;
       CREATE SCHEMA "Sales"; CREATE SCHEMA "Types"; CREATE TYPE "Types".size AS ENUM ('small', 'large');
       CREATE TABLE "Sales".things (id INT NOT NULL, size "Types".size NOT NULL, row_id BIGSERIAL, other_id INT GENERATED ALWAYS AS IDENTITY);
       CREATE TABLE "Sales".latest (id INT PRIMARY KEY, size "Types".size, kafka_partition INT, kafka_offset BIGINT)`,
    );
    const found: string[] = [];
    for (let attempt = 0; attempt < 10; attempt++) {
      const error = await asAccount(database, prepare).catch((error) => error);
      if (error === undefined) break;
      assert(error instanceof PermanentError, String(error));
      const { cause, remedy } = error.diagnosis;
      const statements = remedy.match(/GRANT [^;]+;/g) ?? [];
      found.push(...[cause, ...statements].map((line) => line.replaceAll(database.name, "name")));
      for (const statement of statements) await database.query(statement);
    }
    assert.deepEqual(found, EXPECTED);
    await asAccount(database, store);
    for (const { table } of STREAMS) {
      assert.equal(await database.number(`SELECT count(*) FROM ${table}`), 1);
    }
    assert.equal(await database.number("SELECT count(*) FROM rejected_records"), 1);
    // The tables in public are used if the search_path has only schemas that the account cannot use.
    await database.query("CREATE SCHEMA hidden; ALTER ROLE limited SET search_path = hidden");
    await asAccount(database, prepare);
  } finally {
    await database.drop();
    await new Database(database.server, database.server.database).query("DROP ROLE IF EXISTS limited");
  }
});
