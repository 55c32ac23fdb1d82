import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { delay, waitUntil, within } from "../harness/wait.ts";

scenario({
  name: "consumer stores every record once when PostgreSQL is killed and restarted under load",
  failure: "PostgreSQL is killed (SIGKILL) and restarted under load",
  result:
    "The consumer is not ready while it waits, then reconnects and resumes; every record is stored exactly once",
  restartsServers: true,
}, async (s) => {
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer();
  for (const end of ["kill", "stop"] as const) {
    await s.waitForRows([consumer, load]);
    await delay(s.random.between(0, 500));
    await s.postgres[end]();
    await consumer.waitForReady(false);
    await delay(s.random.between(0, 1_000));
    await s.postgres.start();
    await consumer.waitForReady();
  }
  await s.waitForRows([consumer, load]);
  const metrics = await consumer.metrics();
  assert(metrics.sum("consumer_reconnects_total", { server: "postgresql" }) >= 2, "reconnects");
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});

scenario({
  name: "consumer stops with the remedy when the table is dropped, and resumes after a restart",
  failure: "The table is dropped while records flow",
  result: "Exit code 2 with the remedy; a restarted consumer resumes",
}, async (s) => {
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer();
  await s.waitForRows([consumer, load]);
  // Keep the rows for the comparison at the end.
  await s.database.query(
    `BEGIN;
     LOCK TABLE routes_table IN ACCESS EXCLUSIVE MODE;
     CREATE TABLE kept AS SELECT * FROM routes_table;
     DROP TABLE routes_table;
     COMMIT`,
  );
  assert.equal(await within("the consumer to exit", 30_000, consumer.exited), 2);
  assert.match(consumer.log, /routes_table/);
  assert.match(consumer.log, /[Rr]estart|[Cc]reate/);

  const next = await s.startConsumer();
  await s.waitForRows([next, load]);
  await s.stopProducer(load);
  await s.database.query("INSERT INTO routes_table SELECT * FROM kept");
  await s.reconcile({ unless: () => next.assertRunning() });
});

scenario({
  name: "consumer rejects only the violating records when a CHECK constraint is added while it runs",
  failure: "A CHECK constraint is added while records flow",
  result: "Only the records that violate it are rejected, with the constraint's name; the others are stored",
}, async (s) => {
  const load = await s.startLoad(0);
  const consumer = await s.startConsumer();
  await s.waitForRows([consumer, load]);
  await s.database.query(
    "ALTER TABLE routes_table ADD CONSTRAINT not_the_antarctic CHECK (latitude >= -89) NOT VALID",
  );
  const rejected = "SELECT count(*) FROM rejected_records WHERE detail LIKE '%not_the_antarctic%'";
  await waitUntil("rejected records", async () => await s.database.number(rejected) > 20, {
    unless: () => consumer.assertRunning(),
  });
  await s.stopProducer(load);
  const reconciliation = await s.reconcile({
    mayBeRejected: ([, , latitude]) => Number(latitude) < -89,
    unless: () => consumer.assertRunning(),
  });
  assert.equal(reconciliation.reasons["refused by the database"], await s.database.number(rejected));
});

scenario({
  name: "consumers store every record once per group when two groups share a database",
  failure: "Two consumer groups use one database",
  result: "Each has its own progress and stores every record once; each invalid record is rejected once",
}, async (s) => {
  const groups = [`${s.group}-a`, `${s.group}-b`];
  const consumers = await Promise.all(groups.map((group) => s.startConsumer({ CONSUMER_GROUP_ID: group })));
  await s.produce(20_000);
  await s.reconcile({ groups, unless: () => consumers.forEach((consumer) => consumer.assertRunning()) });
});

scenario({
  name: "consumer stops with the remedy when the password is wrong or a privilege is missing",
  failure: "A wrong password; a missing privilege",
  result: "Exit code 2; the message names the setting, never the password",
}, async (s) => {
  const secret = "not-the-password-6d1f";
  const consumer = await s.startConsumer({ PGPASSWORD: secret });
  assert.equal(await within("the consumer to exit", 30_000, consumer.exited), 2);
  assert.match(consumer.log, /PGPASSWORD/);
  assert(!consumer.log.includes(secret), "the password is in the log");

  await s.database.create();
  const role = `${s.id}-reader`;
  await s.database.query(`CREATE ROLE "${role}" LOGIN PASSWORD 'reader'`);
  const reader = await s.startConsumer({ PGUSER: role, PGPASSWORD: "reader" });
  assert.equal(await within("the consumer to exit", 30_000, reader.exited), 2);
  assert.match(reader.log, /GRANT CREATE ON SCHEMA public TO/);
  await s.database.query(`DROP ROLE "${role}"`);
});
