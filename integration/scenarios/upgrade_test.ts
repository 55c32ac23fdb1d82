import assert from "assert";
import { checkout, hasPreviousVersion, PREVIOUS_VERSION } from "../harness/project.ts";
import { OWN_TABLES } from "../../shared/schema/own_tables.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import type { TestService } from "../harness/service.ts";
import { waitUntil, within } from "../harness/wait.ts";

const isThere = await hasPreviousVersion();
if (!isThere) {
  console.log(
    `Skipped upgrade_test: the commit ${PREVIOUS_VERSION} is not in this clone (run git fetch --unshallow).`,
  );
}

/** Waits until each consumer stores more records. */
async function waitForStored(consumers: readonly TestService[]): Promise<void> {
  const unless = () => consumers.forEach((consumer) => consumer.assertRunning());
  await Promise.all(consumers.map(async (consumer) => {
    const stored = async () =>
      (await consumer.metrics().catch(() => undefined))?.sum("consumer_records_total", {
        outcome: "stored",
      }) ?? 0;
    const before = await stored();
    await waitUntil(`${consumer.name} to store records`, async () => await stored() > before, { unless });
  }));
}

const withTopicId = (s: ScenarioContext) =>
  s.database.number("SELECT count(*) FROM consumer_progress WHERE topic_id IS NOT NULL");

scenario({
  name: "consumers of the previous version and of this one share a group during an upgrade and a rollback",
  failure:
    "Under load, a consumer of the previous version next to one of this version; the group is upgraded, then rolled back",
  result: "Both store records of their partitions in the same tables; every record is stored exactly once",
  services: "process",
  ignore: !isThere && Deno.env.get("CI") !== "true",
}, async (s) => {
  const { folder } = s.use(await checkout(PREVIOUS_VERSION));
  const previous = s.startConsumerOf(folder);
  const load = await s.startLoad(0);
  await waitForStored([previous]);

  // Upgrade with the tables, progress and group of the previous version.
  const upgraded = await s.startConsumer();
  await waitForStored([previous, upgraded]);
  assert.equal((await previous.stop()).code, 0);
  await waitForStored([upgraded]);
  await waitUntil("all partitions to have a topic id", async () => await withTopicId(s) === PARTITIONS, {
    unless: () => upgraded.assertRunning(),
  });

  // Roll back after a crash.
  const again = s.startConsumerOf(folder);
  await waitForStored([upgraded, again]);
  await upgraded.signal("SIGKILL");
  await upgraded.exited;
  await waitForStored([again]);

  const sent = await s.stopProducer(load);
  const { records } = await s.reconcile({ previousVersion: true, unless: () => again.assertRunning() });
  assert.equal(records, sent);
  assert.equal(await withTopicId(s), PARTITIONS);
});

scenario({
  name: "consumer upgrades its tables, or logs the statements when it does not own them",
  failure:
    "Tables of a previous version, owned by another role or by the consumer's; tables of a newer version",
  result: "Upgraded in place, or used unchanged with a warning; exit code 2 if they are incompatible",
}, async (s) => {
  const role = `${s.id}-app`;
  const account = { PGUSER: role, PGPASSWORD: "app" };
  const comment = async () => {
    const [row] = await s.database.query<{ comment: string | null }>(
      "SELECT obj_description('consumer_progress'::regclass) AS comment",
    );
    return row!.comment;
  };
  const runConsumer = async (settings: Record<string, string> = {}) => {
    const consumer = await s.startConsumer({ ...settings, CONSUMER_UNTIL_CAUGHT_UP: "true" });
    await s.waitForExit(consumer);
    return consumer.log;
  };
  await s.database.create();
  await s.database.query(
    `CREATE TABLE consumer_progress (group_id TEXT, topic TEXT, partition INT, next_offset BIGINT NOT NULL,
       PRIMARY KEY (group_id, topic, partition));
     CREATE TABLE rejected_records (topic TEXT, partition INT, "offset" BIGINT, key BYTEA, value BYTEA, reason TEXT NOT NULL,
       detail TEXT NOT NULL, rejected_at TIMESTAMPTZ NOT NULL DEFAULT now(), PRIMARY KEY (topic, partition, "offset"));
     COMMENT ON TABLE consumer_progress IS 'owned by DBA';
     CREATE ROLE "${role}" LOGIN PASSWORD 'app'; GRANT CREATE ON SCHEMA public TO "${role}";
     GRANT SELECT, INSERT, UPDATE ON consumer_progress, rejected_records TO "${role}"`,
  );
  await s.produce(1_000, { PRODUCER_MALFORMED_RATIO: 0.1 });
  const warned = await runConsumer(account);
  const statements = OWN_TABLES.map(({ name }) =>
    new RegExp(`"event":"table_warning".*: (ALTER TABLE ${name} .*;)"`).exec(warned)![1]!
  );
  assert.equal(await comment(), "owned by DBA");
  // Replays work in such a table, too.
  assert.match(await s.runRejects(["--replay"]), /moved 0 records/);

  for (const sql of statements) await s.database.query(sql);
  assert.doesNotMatch(await runConsumer(account), /table_warning/);
  const upgraded = await comment();
  assert.match(upgraded!, /^owned by DBA schema version \d+, compatible with \d+$/);

  await s.database.query(
    `ALTER TABLE consumer_progress DROP COLUMN topic_id; COMMENT ON TABLE consumer_progress IS NULL;
     ALTER TABLE rejected_records DROP COLUMN timestamp_ms, DROP COLUMN headers`,
  );
  const log = await runConsumer();
  assert.match(log, /Created column topic_id of table consumer_progress/);
  assert.match(log, /Created column timestamp_ms of table rejected_records/);
  assert.equal(await comment(), upgraded!.replace("owned by DBA ", ""));
  await s.reconcile({ previousVersion: true });
  // Another group completes the records that were rejected without their metadata.
  assert(await s.database.number("SELECT count(*) FROM rejected_records WHERE headers IS NULL") > 50);
  await runConsumer({ CONSUMER_GROUP_ID: `${s.group}-b` });
  await s.reconcile({ groups: [s.group, `${s.group}-b`] });

  await s.database.query("COMMENT ON TABLE consumer_progress IS 'schema version 99, compatible with 98'");
  const consumer = await s.startConsumer(account);
  assert.equal(await within("the consumer to exit", 30_000, consumer.exited), 2, consumer.log);
  assert.match(consumer.log, /consumer_progress.* has schema version 99/);
  await s.database.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
});
