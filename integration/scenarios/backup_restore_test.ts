import assert from "assert";
import { send, sendTransactions } from "../harness/produce.ts";
import { PARTITIONS, scenario } from "../harness/scenario.ts";
import { withAdmin } from "../harness/topic.ts";
import { delay } from "../harness/wait.ts";

const record = (userID: number, i: number) =>
  JSON.stringify({ userID, timestamp: 1_700_000_000 + i, coordinates: [i / 100, -i / 100] });

const TABLES = ["routes_table", "rejected_records", "consumer_progress"];

scenario({
  name: "consumer reads again what PostgreSQL has no more when it was restored from a backup",
  failure:
    "PostgreSQL restored to an earlier time: Kafka's copy of the progress is ahead of it, with aborted transactions behind",
  result: "What was lost is read again, from where PostgreSQL says; nothing missing, nothing doubled",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  const caughtUp = async (seed: string) => {
    await s.produce(10_000, { PRODUCER_SEED: seed });
    await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  };
  await caughtUp("before the backup");
  for (const table of TABLES) await s.database.query(`CREATE TABLE "backup of ${table}" AS TABLE ${table}`);
  await caughtUp("after the backup");
  await s.database.query(
    `BEGIN; TRUNCATE ${TABLES.join()};
     ${TABLES.map((table) => `INSERT INTO ${table} TABLE "backup of ${table}";`).join("\n")}
     COMMIT`,
  );
  const copies = await withAdmin(bootstrapServers, async (admin) => {
    const [topic] = await admin.fetchOffsets({ groupId: s.group, topics: [s.topic()] });
    return topic!.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
  });
  assert.equal(copies, 20_000);
  assert(await s.database.number("SELECT sum(next_offset) FROM consumer_progress") < copies);

  // Where Kafka's copy says, one partition goes on with records and the others with nothing that is to be stored.
  const others = Array.from({ length: PARTITIONS - 1 }, (_, i) => i + 1);
  await sendTransactions(bootstrapServers, s.topic(), [{
    records: others.map((partition) => ({ value: record(partition, 0), partition })),
    commit: false,
  }]);
  await send(bootstrapServers, s.topic(), [{ value: record(0, 1), partition: 0 }]);

  // Progress comes late: what Kafka's copy leads to has been fetched by then.
  const consumer = await s.database.connected(async (client) => {
    await client.query("BEGIN; LOCK TABLE consumer_progress IN ACCESS EXCLUSIVE MODE");
    const consumer = await s.startConsumer();
    await consumer.waitForLog(/"event":"partitions_assigned"/);
    await delay(1_500);
    await client.query("COMMIT");
    return consumer;
  });
  const { records } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert.equal(records, 20_001);
});

scenario({
  name: "consumer stores records again when PostgreSQL fails over to an older state while no records come",
  failure: "Rows and progress back at an earlier state under a running consumer that waits for records",
  result: "It compares the stored progress with its own at each poll, says so, and stores what is missing",
}, async (s) => {
  const consumer = await s.startConsumer();
  await s.produce(2_000);
  await s.reconcile({ unless: () => consumer.assertRunning() });
  await s.database.query(
    `BEGIN; TRUNCATE routes_table, rejected_records; UPDATE consumer_progress SET next_offset = 0; COMMIT`,
  );
  const { records } = await s.reconcile({ unless: () => consumer.assertRunning() });
  assert.equal(records, 2_000);
  await consumer.waitForLog(/"event":"progress_changed"/);
});
