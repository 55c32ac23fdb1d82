import assert from "assert";
import { Buffer } from "node:buffer";
import type { StreamFile } from "../../shared/stream_files/file_format.ts";
import { send } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { streamDirectory } from "../harness/stream_file.ts";
import { createTopic } from "../harness/topic.ts";
import { waitUntil, within } from "../harness/wait.ts";

const LABELS = ["small", "large", "huge"];

const FILE: StreamFile = {
  about: "things for tests",
  table: `"Sales"."Order Items"`,
  schema: {
    type: "object",
    required: ["id", "name", "size", "labels"],
    properties: {
      id: { type: "integer" },
      name: { type: "string" },
      size: { enum: LABELS },
      labels: { type: "array", items: { enum: LABELS } },
      amount: { type: "number" },
      note: { type: ["string", "null"] },
    },
  },
  columns: {
    id: {},
    name: {},
    "Size": { type: "size", path: "/size" },
    labels: { type: "size[]" },
    amount: { type: "numeric(12,2)" },
    note: {},
    kafka_topic: { metadata: "topic" },
    kafka_partition: { metadata: "partition" },
    kafka_offset: { metadata: "offset" },
    kafka_time: { metadata: "timestamp" },
    kafka_key: { metadata: "key", type: "text" },
    kafka_headers: { metadata: "headers" },
    stored_at: { metadata: "ingested_at" },
  },
} as const;

const TABLE = FILE.table!;
const PREPARE = `CREATE SCHEMA "Sales"; CREATE TYPE size AS ENUM ('small', 'large')`;

const thing = (id: number, more: object = {}) =>
  JSON.stringify({ id, name: `thing ${id}`, size: "small", labels: ["large", "small"], ...more });

async function sendThings(s: ScenarioContext, values: readonly string[]): Promise<void> {
  const records = values.map((value, n) => ({
    key: `key ${n}`,
    value,
    partition: 0,
    headers: { h: `${n}` },
  }));
  await send(s.kafka.bootstrapServers, `${s.topicPrefix}things`, records);
}

/** Creates the database and the topic. */
async function prepare(s: ScenarioContext, sql: string) {
  await s.database.create();
  await s.database.query(sql);
  await createTopic(s.kafka.bootstrapServers, `${s.topicPrefix}things`, 1);
  return s.use(streamDirectory("things", FILE));
}

scenario({
  name: "consumer fills its columns only when an existing, partitioned table has more columns, and a trigger",
  failure:
    "A partitioned table in another schema, with other types, generated, identity and defaulted columns and a trigger",
  result:
    "Every record is stored once, as its types and the trigger say; values that a type cannot hold are rejected",
  services: "process",
}, async (s) => {
  const { settings } = await prepare(
    s,
    `${PREPARE}; CREATE TABLE ${TABLE} (row_id INT GENERATED ALWAYS AS IDENTITY, source TEXT NOT NULL DEFAULT 'kafka', unused INT,
      id NUMERIC(5), name VARCHAR(8), "Size" TEXT, labels size[], amount REAL, note TEXT, upper_name TEXT,
      twice NUMERIC GENERATED ALWAYS AS (id * 2) STORED, kafka_topic TEXT, kafka_partition SMALLINT, kafka_offset NUMERIC,
      kafka_time DATE, kafka_key BYTEA, kafka_headers JSON, stored_at TIMESTAMP) PARTITION BY LIST (id);
     CREATE TABLE "Sales".one PARTITION OF ${TABLE} FOR VALUES IN (1);
     CREATE TABLE "Sales".others PARTITION OF ${TABLE} DEFAULT;
     CREATE FUNCTION fill() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.upper_name := upper(NEW.name); RETURN NEW; END';
     CREATE TRIGGER fill BEFORE INSERT ON ${TABLE} FOR EACH ROW EXECUTE FUNCTION fill()`,
  );
  await sendThings(s, [
    thing(1, { amount: 0.1 }),
    thing(2, { note: null }),
    thing(100_000),
    thing(3, { name: "longer than that" }),
    thing(4, { labels: ["huge"] }),
    thing(5, { size: "huge" }),
  ]);
  await s.waitForExit(await s.startConsumer({ ...settings, CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const rows = await s.database.query<{ row: string }>(
    `SELECT ROW(tableoid::regclass, row_id > 0, source, unused, id, name, "Size", labels, amount, note, upper_name, twice, kafka_topic,
       kafka_partition, kafka_offset, kafka_time = current_date, kafka_key, kafka_headers, stored_at > now() - interval '1 day')::text AS row
     FROM ${TABLE} ORDER BY id`,
  );
  const rest = (n: number) =>
    `,${s.topicPrefix}things,0,${n},t,"\\\\x${
      Buffer.from(`key ${n}`).toString("hex")
    }","{""h"":""${n}""}",t)`;
  assert.deepEqual(rows.map(({ row }) => row), [
    `("""Sales"".one",t,kafka,,1,"thing 1",small,"{large,small}",0.1,,"THING 1",2${rest(0)}`,
    `("""Sales"".others",t,kafka,,2,"thing 2",small,"{large,small}",,,"THING 2",4${rest(1)}`,
    `("""Sales"".others",t,kafka,,5,"thing 5",huge,"{large,small}",,,"THING 5",10${rest(5)}`,
  ]);
  const rejected = await s.database.query<{ offset: string; detail: string }>(
    `SELECT "offset", detail FROM rejected_records ORDER BY "offset"`,
  );
  assert.deepEqual(rejected.map(({ offset }) => offset), ["2", "3", "4"]);
  for (const [n, column] of ["id", "name", "labels"].entries()) {
    assert.match(rejected[n]!.detail, new RegExp(`column ${column}: `));
  }
});

scenario({
  name: "consumer decodes queued records again when the types of its columns change",
  failure:
    "An enum type is dropped and created again, and a column gets another type, while rows wait for the table's lock; then a label is added",
  result: "The consumer reads the types again and continues; every record is stored once, none is rejected",
  services: "process",
}, async (s) => {
  const { settings } = await prepare(s, PREPARE);
  const consumer = await s.startConsumer(settings);
  const waitForRows = (count: number) =>
    waitUntil(
      `${count} rows`,
      async () => await s.database.number(`SELECT count(*) FROM ${TABLE}`) === count,
      {
        timeoutMs: 30_000,
        unless: () => consumer.assertRunning(),
      },
    );
  await waitUntil(
    "the table",
    async () => await s.database.number(`SELECT count(to_regclass($1))`, [TABLE]) === 1,
  );
  await sendThings(s, [thing(1)]);
  await waitForRows(1);
  await s.database.connected(async (client) => {
    await client.query(`BEGIN; LOCK TABLE ${TABLE}`);
    await sendThings(s, Array.from({ length: 100 }, (_, n) => thing(2 + n)));
    await waitUntil(
      "the consumer's COPY",
      async () =>
        await s.database.number("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") === 1,
    );
    const alter = (type: string, array: string) =>
      `ALTER TABLE ${TABLE} ALTER "Size" TYPE ${type} USING "Size"::text::${type}, ALTER labels TYPE ${array} USING labels::text[]::${array};`;
    await client.query(
      `${alter("text", "text[]")} DROP TYPE size; CREATE TYPE size AS ENUM ('large', 'small'); ${
        alter("size", "size[]")
      }
       ALTER TABLE ${TABLE} ALTER id TYPE DOUBLE PRECISION; COMMIT`,
    );
  });
  await waitForRows(101);
  // Both types have eight bytes.
  assert.equal(await s.database.number(`SELECT sum(id) FROM ${TABLE}`), 101 * 102 / 2);
  await waitUntil("the log line", () => /The column types of .*Order Items.* changed/.test(consumer.log));
  // On an open connection, without an error.
  await s.database.query("ALTER TYPE size ADD VALUE 'huge'");
  await sendThings(s, [thing(200, { size: "huge", labels: ["huge"] })]);
  await waitForRows(102);
  assert.equal(await s.database.number("SELECT count(*) FROM rejected_records"), 0);
  assert.equal(await s.database.number(`SELECT count(DISTINCT kafka_offset) FROM ${TABLE}`), 102);
});

scenario({
  name: "consumer adds new nullable columns when CONSUMER_ADD_COLUMNS is set, or prints the statement",
  failure:
    "A new version of a stream file has a nullable column that the table lacks; the account may not be the table's owner",
  result:
    "The column is added; without the setting or the privilege exit code 2 with the statement, also in the doctor",
  services: "process",
}, async (s) => {
  const streams = await prepare(s, PREPARE), { settings } = streams;
  const { note, ...columns } = FILE.columns!;
  streams.write({ ...FILE, columns });
  await sendThings(s, [thing(1, { note: "a" })]);
  const bounded = { ...settings, CONSUMER_UNTIL_CAUGHT_UP: "true" };
  await s.waitForExit(await s.startConsumer(bounded));
  streams.write({ ...FILE, columns: { ...columns, note: note! } });
  await sendThings(s, [thing(2, { note: "b" })]);
  const role = `${s.id}-app`;
  await s.database.query(
    `CREATE ROLE "${role}" LOGIN PASSWORD 'app'; GRANT USAGE ON SCHEMA "Sales" TO "${role}";
     GRANT ALL ON ${TABLE}, consumer_progress, rejected_records TO "${role}"`,
  );
  const account = { PGUSER: role, PGPASSWORD: "app" };
  const statement =
    /column note: expected text, found none.*ALTER TABLE .*Order Items.* ADD COLUMN IF NOT EXISTS .*note.* text/s;
  for (const more of [{}, { ...account, CONSUMER_ADD_COLUMNS: "true" }]) {
    const consumer = await s.startConsumer({ ...bounded, ...more });
    assert.equal(await within("the consumer to exit", 30_000, consumer.exited), 2, consumer.log);
    assert.match(consumer.log, statement);
  }
  const doctor = await s.startDoctor(settings);
  assert.equal(await within("the doctor to exit", 30_000, doctor.exited), 1, doctor.log);
  assert.match(doctor.log, statement);
  const consumer = await s.startConsumer({ ...bounded, CONSUMER_ADD_COLUMNS: "true" });
  await s.waitForExit(consumer);
  assert.match(consumer.log, /Created column note of table .*Order Items/);
  const rows = await s.database.query(`SELECT id, note FROM ${TABLE} ORDER BY id`);
  assert.deepEqual(rows, [{ id: "1", note: null }, { id: "2", note: "b" }]);
  await s.database.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
});
