import assert from "assert";
import { LatestState } from "../harness/latest_state.ts";
import { send } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import type { ServiceSettings } from "../harness/service.ts";
import { waitUntil, within } from "../harness/wait.ts";

const COLUMNS = "id bigint, version integer NOT NULL, owner jsonb";
const POSITION = "kafka_partition integer NOT NULL, kafka_offset bigint NOT NULL";

/** Creates the database and a table with the columns of the stream and these clauses. */
async function createTable(s: ScenarioContext, clauses: string): Promise<void> {
  await s.database.create();
  await s.database.query(`CREATE TABLE accounts (${COLUMNS}, ${clauses})`);
}

const record = (id: number, version: number, owner: object | null = { name: "a" }) => ({
  key: `${id}`,
  value: JSON.stringify({ id, version, owner }),
});

scenario({
  name: "rejects replays a record of an upsert only if its row is older",
  failure:
    "A constraint rejects records whose row is older, newer, or deleted since; the constraint is dropped and the records are replayed",
  result:
    "The row is updated; the newer row stays; the deleted row stays absent until `--restore`; the counts are reported",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  await createTable(s, `${POSITION}, PRIMARY KEY (id), CONSTRAINT owned CHECK (owner IS NOT NULL)`);
  // In several batches: of the records of a key in one batch, only the last one reaches the table.
  const batches = [
    [record(1, 1), record(2, 3, null), record(3, 5, null)],
    [record(1, 2, null), record(2, 4), { key: "3", value: null }, { key: "no number", value: null }],
  ];
  for (const batch of batches) {
    await send(s.kafka.bootstrapServers, state.topic, batch);
    await s.waitForExit(await state.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  }
  const versions = async () =>
    (await s.database.query<{ id: string; version: number }>("SELECT id, version FROM accounts ORDER BY id"))
      .map(({ id, version }) => `${id}: ${version}`);
  assert.deepEqual(await versions(), ["1: 1", "2: 4"]);
  const replay = (args: string[] = []) => s.runRejects(["--replay", ...args], state.settings);
  assert.match(
    await replay(),
    /moved 0 records .*; 2 are still rejected.*Skipped 1 whose row is newer.*Skipped 1 whose row is absent/,
  );
  await s.database.query("ALTER TABLE accounts DROP CONSTRAINT owned");
  assert.match(
    await replay(),
    /moved 1 records .*; 1 are still rejected\. Skipped 1 whose row is newer\. Skipped 1 whose row is absent/,
  );
  assert.deepEqual(await versions(), ["1: 2", "2: 4"]);
  assert.match(
    await replay(["--restore"]),
    /moved 1 records .*; 1 are still rejected\. Skipped 1 whose row is newer\./,
  );
  assert.deepEqual(await versions(), ["1: 2", "2: 4", "3: 5"]);
});

scenario({
  name: "consumer and doctor report the statement when a table does not support upserts",
  failure:
    "No unique index, a partial or deferrable one, no columns for the record's position, no TEMP privilege",
  result:
    "Exit code 2 at startup with the statement; the doctor reports the same; after the statement the consumer runs",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  const role = `${s.id}-app`;
  const account = { PGUSER: role, PGPASSWORD: "app" };
  await createTable(s, "PRIMARY KEY (version, id)");
  await s.database.query(
    `CREATE ROLE "${role}" LOGIN PASSWORD 'app'; GRANT CREATE ON SCHEMA public TO "${role}"; GRANT ALL ON accounts TO "${role}";
     CREATE UNIQUE INDEX ON accounts (id) WHERE version > 0;
     REVOKE TEMPORARY ON DATABASE "${s.id}" FROM PUBLIC`,
  );
  const assertReported = async (words: RegExp) => {
    const [consumer, doctor] = [
      await state.startConsumer(account),
      await s.startDoctor({ ...state.settings, ...account }),
    ];
    assert.equal(await within("the consumer to exit", 30_000, consumer.exited), 2, consumer.log);
    assert.match(consumer.log, words);
    assert.equal(await within("the doctor to exit", 30_000, doctor.exited), 1, doctor.log);
    assert.match(doctor.log, words);
  };
  await assertReported(/ADD COLUMN .*kafka_partition.* integer, ADD COLUMN .*kafka_offset.* bigint/);
  await s.database.query("ALTER TABLE accounts ADD kafka_partition integer, ADD kafka_offset bigint");
  await assertReported(/CREATE UNIQUE INDEX CONCURRENTLY ON accounts/);
  await s.database.query("ALTER TABLE accounts ADD CONSTRAINT later UNIQUE (id) DEFERRABLE");
  await assertReported(/deferrable unique constraint/);
  await s.database.query("ALTER TABLE accounts DROP CONSTRAINT later; CREATE UNIQUE INDEX ON accounts (id)");
  await assertReported(/GRANT TEMPORARY ON DATABASE/);
  await s.database.query(`GRANT TEMPORARY ON DATABASE "${s.id}" TO "${role}"`);
  await state.change(500);
  const consumer = await state.startConsumer(account);
  await state.assertEqual([consumer]);
  await consumer.stop();
  await s.database.query(
    `REVOKE TEMPORARY ON DATABASE "${s.id}" FROM "${role}"; DROP OWNED BY "${role}"; DROP ROLE "${role}"`,
  );
});

scenario({
  name: "consumer counts and logs keys in several partitions, and stores the record with the highest offset",
  failure: "Records of the same keys are in two partitions of a topic, in one batch and in several",
  result: "A warning and a metric; the table has the record with the highest offset",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  const sendTo = (partition: number, version: number) =>
    send(
      s.kafka.bootstrapServers,
      state.topic,
      [1, 2, 3].map((id) => ({ ...record(id, version), partition })),
    );
  const settings: ServiceSettings = { CONSUMER_UNTIL_CAUGHT_UP: "true" };
  const run = async () => {
    const consumer = await state.startConsumer(settings);
    await s.waitForExit(consumer);
    return consumer.log;
  };
  await sendTo(0, 1);
  assert.doesNotMatch(await run(), /key_conflicts_found/);
  await sendTo(1, 2);
  assert.match(await run(), /"event":"key_conflicts_found".*"count":3/);
  // In one batch.
  await s.database.query("TRUNCATE accounts; UPDATE consumer_progress SET next_offset = 0");
  assert.match(await run(), /"event":"key_conflicts_found".*"count":3/);
  const rows = await s.database.query("SELECT version, kafka_partition AS p FROM accounts");
  assert.deepEqual(
    rows,
    [1, 2, 3].map(() => ({ version: 2, p: 1 })),
    "the same offsets: the higher partition",
  );
});

scenario({
  name: "consumer upserts into a partitioned table",
  failure:
    "A table that is partitioned by its key, with a trigger, while a compacted topic with tombstones changes",
  result: "The table equals a replay of the topic by Kafka's Java consumer",
  needs: "processes",
}, async (s) => {
  const state = await LatestState.create(s);
  await s.database.create();
  await s.database.query(
    `CREATE TABLE accounts (${COLUMNS}, ${POSITION}, changes integer DEFAULT 0, PRIMARY KEY (id)) PARTITION BY HASH (id);
     CREATE TABLE accounts_0 PARTITION OF accounts FOR VALUES WITH (MODULUS 2, REMAINDER 0);
     CREATE TABLE accounts_1 PARTITION OF accounts FOR VALUES WITH (MODULUS 2, REMAINDER 1);
     CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.changes = OLD.changes + 1; RETURN NEW; END';
     CREATE TRIGGER count_change BEFORE UPDATE ON accounts FOR EACH ROW EXECUTE FUNCTION count_change()`,
  );
  const consumer = await state.startConsumer();
  state.startChanges();
  for (let time = 0; time < 3; time++) await state.waitForProgress([consumer]);
  await state.assertEqual([consumer]);
  await waitUntil("changes", async () => await s.database.number("SELECT sum(changes) FROM accounts") > 0);
});
