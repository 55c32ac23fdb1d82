import assert from "assert";
import { send, sendTransactions } from "../harness/produce.ts";
import { scenario } from "../harness/scenario.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import { withAdmin } from "../harness/topic.ts";
import { delay } from "../harness/wait.ts";

const record = (userID: number, i: number) =>
  JSON.stringify({ userID, timestamp: 1_700_000_000 + i, coordinates: [i / 100, -i / 100] });

const TABLES = ["routes_table", "rejected_records", "consumer_progress"];

scenario({
  name: "consumer re-reads lost records when PostgreSQL is restored from a backup",
  failure:
    "PostgreSQL is restored to an earlier state: the offsets committed to Kafka are ahead of it, and aborted transactions follow them",
  result:
    "The lost records are read again from the offset in PostgreSQL; every record is stored exactly once",
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
  const committed = await withAdmin(bootstrapServers, async (admin) => {
    const [topic] = await admin.fetchOffsets({ groupId: s.group, topics: [s.topic()] });
    return topic!.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
  });
  assert.equal(committed, 20_000);
  assert(await s.database.number("SELECT sum(next_offset) FROM consumer_progress") < committed);

  // At the offsets committed to Kafka, one partition has a valid record, the others only aborted ones.
  const others = Array.from({ length: PARTITIONS - 1 }, (_, i) => i + 1);
  await sendTransactions(bootstrapServers, s.topic(), [{
    records: others.map((partition) => ({ value: record(partition, 0), partition })),
    commit: false,
  }]);
  await send(bootstrapServers, s.topic(), [{ value: record(0, 1), partition: 0 }]);

  // Delay loading the progress, to show that nothing is stored from the offsets committed to Kafka.
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
  name: "consumer stores records again when PostgreSQL fails over to an older state while the topic is idle",
  failure: "Rows and progress return to an earlier state while a running consumer waits for records",
  result:
    "The consumer compares the stored progress with its own at each lag poll, logs the change, and stores the missing records",
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
