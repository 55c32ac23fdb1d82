import assert from "assert";
import type { Row } from "../harness/expected_rows.ts";
import { join } from "node:path";
import type { StreamFile } from "../../shared/stream_files/file_format.ts";
import { batchOf, type RecordWithHeaders, sendBatch } from "../harness/raw_batch.ts";
import { scenario } from "../harness/scenario.ts";
import { streamDirectory } from "../harness/stream_file.ts";
import { createTopic } from "../harness/topic.ts";

scenario({
  name: "rejects lists the rejected records and replays each once when its cause is fixed",
  failure:
    "Records are rejected by a CHECK constraint that is later dropped; they are replayed twice at the same time, and again",
  result:
    "`deno task rejects` lists them; `--replay` moves each into the table once and keeps those that are still invalid",
}, async (s) => {
  const consumer = await s.startConsumer();
  await s.produce(5_000);
  await s.reconcile({ unless: () => consumer.assertRunning() });
  await s.database.query(
    "ALTER TABLE routes_table ADD CONSTRAINT northern CHECK (latitude >= -81) NOT VALID",
  );
  const load = await s.startLoad(5_000, { PRODUCER_SEED: "another" });
  await s.waitForExit(load);
  const southern = ([, , latitude]: Row) => Number(latitude) < -81;
  const refused = await s.reconcile({ mayBeRejected: southern, unless: () => consumer.assertRunning() });
  const count = refused.reasons["refused by the database"]!;
  assert(count > 100, `5 % of the records are south of 81° S, but only ${count} were rejected`);

  const listed = await s.runRejects();
  assert.match(listed, new RegExp(`${s.topic()}: ${count} × refused by the database`));
  assert.match(listed, /northern/);
  const json = await s.runRejects(["--format", "json", "--limit", `${refused.rejected + 1}`]);
  assert.equal(json.split("\n").filter((line) => line.startsWith("{")).length, refused.rejected);

  // With the constraint, no record is moved.
  assert.match(
    await s.runRejects(["--replay"]),
    new RegExp(`moved 0 records .*; ${refused.rejected} are still rejected`),
  );
  await s.reconcile({ mayBeRejected: southern });

  await s.database.query("ALTER TABLE routes_table DROP CONSTRAINT northern");
  const more = await s.startLoad(5_000, { PRODUCER_SEED: "a third" });
  const moved = (await Promise.all([s.runRejects(["--replay"]), s.runRejects(["--replay"])]))
    .map((output) => Number(output.match(/moved (\d+) records/)![1]));
  assert.equal(moved[0]! + moved[1]!, count);
  await s.waitForExit(more);
  await s.reconcile({ unless: () => consumer.assertRunning() });
  assert.match(
    await s.runRejects(["--replay", "--reason", "refused by the database"]),
    /moved 0 records .*; 0 are still rejected/,
  );
  await s.reconcile();
});

scenario({
  name: "rejects replays a record once when two groups rejected it, and keeps those that fail at COMMIT",
  failure:
    "Records are rejected by two groups with different messages; a deferred constraint rejects some of them at COMMIT of the replay",
  result:
    "Each is kept once, with the first reason; those that fail at COMMIT stay with the new reason, the others are moved once",
}, async (s) => {
  await s.database.create();
  await s.database.query(
    `CREATE TABLE routes_table (user_id INT NOT NULL, timestamp FLOAT8 NOT NULL, latitude FLOAT8 NOT NULL, longitude FLOAT8 NOT NULL,
       CONSTRAINT northern CHECK (latitude >= -70))`,
  );
  const southern = ([, , latitude]: Row) => Number(latitude) < -70;
  const groups = [`${s.group}-a`, `${s.group}-b`];
  const run = async (group: string) => {
    await s.waitForExit(
      await s.startConsumer({ CONSUMER_GROUP_ID: group, CONSUMER_UNTIL_CAUGHT_UP: "true" }),
    );
  };
  await s.produce(2_000);
  await run(groups[0]!);
  await s.database.query("ALTER TABLE routes_table RENAME CONSTRAINT northern TO boreal");
  await run(groups[1]!);
  const { reasons, rejected } = await s.reconcile({ groups, mayBeRejected: southern });
  const refused = reasons["refused by the database"]!;
  const withDetail = (words: string) =>
    s.database.number("SELECT count(*) FROM rejected_records WHERE detail LIKE $1", [`%${words}%`]);
  assert.equal(await withDetail("northern"), refused);

  await s.database.query(
    `ALTER TABLE routes_table DROP CONSTRAINT boreal;
     CREATE FUNCTION pole() RETURNS trigger LANGUAGE plpgsql AS
       $$BEGIN IF NEW.latitude < -89 THEN RAISE 'too near to the pole' USING ERRCODE = '23514'; END IF; RETURN NULL; END$$;
     CREATE CONSTRAINT TRIGGER pole AFTER INSERT ON routes_table DEFERRABLE INITIALLY DEFERRED
       FOR EACH ROW EXECUTE FUNCTION pole()`,
  );
  const stored = () => s.database.number("SELECT count(*) FROM routes_table WHERE latitude < -70");
  const replayed = await s.runRejects(["--replay"]);
  const kept = await withDetail("too near to the pole");
  assert(kept > 0 && kept < refused, `${kept} of ${refused} are rejected at COMMIT`);
  assert.match(
    replayed,
    new RegExp(`moved ${refused - kept} records .*; ${rejected - refused + kept} are still rejected`),
  );
  assert.equal(await stored(), refused - kept);

  await s.database.query("DROP TRIGGER pole ON routes_table");
  assert.match(await s.runRejects(["--replay"]), new RegExp(`moved ${kept} records`));
  assert.equal(await stored(), refused, "each is stored once, not once per group");
});

scenario({
  name: "rejects says how many records a list omits, reports unknown reasons, and deletes old records",
  failure: "More records are rejected than the limit of a list; a reason is misspelled; some records are old",
  result:
    "“8 of N”; exit code 2 with the existing reasons; `--delete --older-than` deletes only the old records",
}, async (s) => {
  await s.produce(2_000, { PRODUCER_MALFORMED_RATIO: 0.1 });
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const { rejected } = await s.reconcile();

  const listed = await s.runRejects(["--limit=8"]);
  assert.match(listed, new RegExp(`^8 of ${rejected} records; --limit=${rejected} lists all\\.$`, "m"));
  assert.doesNotMatch(await s.runRejects([`--limit=${rejected}`]), / of \d+ records/);
  const json = await s.runRejects(["--format=json", "--limit=8"]);
  assert.match(json, new RegExp(`8 of ${rejected} records`));

  await assert.rejects(s.runRejects(["--reason=not JSO"]), (error: Error) => {
    assert.match(
      error.message,
      /exited with code 2:\n.*no record was rejected for the reason “not JSO”.* Did you mean “not JSON”\? Existing reasons: “.*”/,
    );
    return true;
  });
  assert.match(await s.runRejects(["--reason=nested too deep"]), /^No rejected records|nested too deep/m);

  await s.database.query(
    `UPDATE rejected_records SET rejected_at = now() - interval '31 days' WHERE "offset" % 2 = 0`,
  );
  const old = await s.database.number(`SELECT count(*) FROM rejected_records WHERE "offset" % 2 = 0`);
  assert(old > 10 && old < rejected);
  assert.match(
    await s.runRejects(["--older-than=30d", "--limit=1"]),
    new RegExp(`^1 of ${old} records`, "m"),
  );
  assert.match(
    await s.runRejects(["--delete", "--older-than=30d"]),
    new RegExp(`^Deleted ${old} rejected records of ${s.topic()}\\.$`, "m"),
  );
  assert.equal(await s.database.number(`SELECT count(*) FROM rejected_records WHERE "offset" % 2 = 0`), 0);
  assert.equal(await s.database.number("SELECT count(*) FROM rejected_records"), rejected - old);
});

const METADATA: StreamFile = {
  about: "records with metadata, for tests",
  topic: "items",
  table: "items",
  schema: { type: "object", required: ["id"], properties: { id: { type: "integer", minimum: 0 } } },
  columns: {
    id: {},
    kafka_topic: { metadata: "topic" },
    kafka_partition: { metadata: "partition" },
    kafka_offset: { metadata: "offset" },
    kafka_time: { metadata: "timestamp" },
    kafka_date: { metadata: "timestamp", type: "date" },
    kafka_ms: { metadata: "timestamp", type: "bigint" },
    kafka_key: { metadata: "key" },
    kafka_headers: { metadata: "headers" },
    kafka_headers_text: { metadata: "headers", type: "json" },
    stored_at: { metadata: "ingested_at" },
  },
  consumeOnly: true,
};

/** Records with all kinds of metadata. Ids below 0 are invalid. */
const recordsWithMetadata = (): RecordWithHeaders[] => {
  const times = [1_700_000_000_123, 0, 1, -1, 951_782_400_000];
  const bytes = Uint8Array.of(0xff, 0xfe);
  const headers: RecordWithHeaders["headers"][] = [
    [],
    [["name", "value"]],
    [["name", null], ["other", ""]],
    [["again", "1"], ["other", "2"], ["again", null], ["again", bytes]],
    [["", "no name"], [bytes, bytes], ["Größe €", "Größe €"]],
    [["'); DROP TABLE items; --", '\\"{},NULL']],
    Array.from({ length: 300 }, (_, n) => [`header ${n}`, "v".repeat(n)] as const),
  ];
  const keys = ["key", null, "", Uint8Array.of(0, 0xff)];
  return Array.from({ length: 28 }, (_, n) => ({
    timestamp: times[n % times.length]!,
    key: keys[n % keys.length]!,
    headers: headers[n % headers.length]!,
    value: JSON.stringify({ id: n % 2 === 0 ? n : -n }),
  }));
};

scenario({
  name: "rejects restores all metadata columns when it replays records, also in upsert streams",
  failure:
    "Records with repeated headers, headers without a value or with bytes that are not UTF-8, and without a timestamp or key are rejected by the schema or by a constraint, then replayed",
  result: "Each replayed row equals the row that a consumer stores directly",
  services: "process",
}, async (s) => {
  await s.database.create();
  const streams = s.use(streamDirectory("items", METADATA));
  const tables = ["items", "latest_items"];
  const write = (schema: StreamFile["schema"]) => {
    streams.write({ ...METADATA, schema });
    Deno.writeTextFileSync(
      join(streams.settings.STREAMS_DIRECTORY, "latest.json"),
      JSON.stringify({
        ...METADATA,
        schema,
        topic: "latest",
        table: tables[1],
        write: { mode: "upsert", key: ["id"], tombstones: "reject" },
      }),
    );
  };
  write(METADATA.schema);
  const settings = { ...streams.settings, STREAMS: "items,latest", CONSUMER_UNTIL_CAUGHT_UP: "true" };
  for (const topic of ["items", "latest"]) {
    await createTopic(s.kafka.bootstrapServers, s.topicPrefix + topic, 1);
  }
  const consume = async (group: string) => {
    await s.waitForExit(await s.startConsumer({ ...settings, CONSUMER_GROUP_ID: group }));
  };
  // Creates the tables.
  await consume(s.group);
  for (const table of tables) {
    await s.database.query(`ALTER TABLE ${table} ADD CONSTRAINT few CHECK (id <= 0)`);
  }
  for (const topic of ["items", "latest"]) {
    const batch = await batchOf(recordsWithMetadata());
    await sendBatch(s.kafka.bootstrapServers, s.topicPrefix + topic, 0, batch);
  }
  await consume(s.group);
  const rejected = await s.database.query<{ reason: string; count: string }>(
    "SELECT reason, count(*) FROM rejected_records GROUP BY 1 ORDER BY 1",
  );
  assert.deepEqual(rejected.map(({ count }) => count), ["28", "26"], JSON.stringify(rejected));

  for (const table of tables) {
    await s.database.query(`ALTER TABLE ${table} DROP CONSTRAINT few; DELETE FROM ${table}`);
  }
  write({ type: "object", required: ["id"], properties: { id: { type: "integer" } } });
  const { STREAMS, STREAMS_DIRECTORY } = settings;
  const replayed = await s.runRejects(["--replay"], { STREAMS, STREAMS_DIRECTORY });
  assert.equal(replayed.match(/moved 27 records into \w+; 0 are still rejected/g)?.length, 2, replayed);
  const rows = async (table: string) => {
    const columns = Object.keys(METADATA.columns!).filter((column) => column !== "stored_at").join(", ");
    const found = await s.database.query<{ row: string }>(
      `SELECT ROW(${columns})::text AS row FROM ${table} WHERE kafka_offset > 0 ORDER BY kafka_offset`,
    );
    return found.map(({ row }) => row);
  };
  const restored = await Promise.all(tables.map(rows));
  for (const table of tables) await s.database.query(`TRUNCATE ${table}`);
  await consume(`${s.group}-direct`);
  assert.deepEqual(restored, await Promise.all(tables.map(rows)));
  assert.deepEqual(restored.map(({ length }) => length), [27, 27]);
  // The rows have the metadata, too, when both ways lose it.
  assert.match(restored[0]![1]!, /"1970-01-01 00:00:00.001\+00",1970-01-01,1,/);
  assert.match(restored[0]![2]!, /again"":\[""1"",null,""(?:\\)+xfffe""\]/);
});
