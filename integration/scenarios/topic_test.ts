import assert from "assert";
import { openTransaction, send } from "../harness/produce.ts";
import { readTopic } from "../harness/read_topic.ts";
import { scenario } from "../harness/scenario.ts";
import type { ScenarioContext } from "../harness/scenario_context.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import type { TestService } from "../harness/service.ts";
import { addPartitions, createTopic, deleteRecords, deleteTopic } from "../harness/topic.ts";
import { waitUntil, within } from "../harness/wait.ts";

const record = (user: number, partition: number) => ({
  key: `${user}`,
  value: `{"userID":${user},"timestamp":1700000000.25,"coordinates":[1.5,${partition}]}`,
  partition,
});

const VALID = { PRODUCER_MALFORMED_RATIO: 0 };

/** Recreates the topic with more records than the old one had. */
async function recreate(s: ScenarioContext): Promise<void> {
  await deleteTopic(s.kafka.bootstrapServers, s.topic());
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS);
  await s.produce(3_000, { ...VALID, PRODUCER_SEED: "another" });
}

/** Waits until a consumer exits because of a recreated topic; returns the statement that adopts the new topic id. */
async function waitForRecreatedError(s: ScenarioContext, consumer: TestService): Promise<string> {
  assert.equal(await within("the consumer to exit", 60_000, consumer.exited), 2);
  const line = consumer.lines.find((line) => /was deleted and recreated/.test(line))!;
  const { msg, message = msg } = JSON.parse(line);
  assert.match(message, new RegExp(`"${s.topic()}" was deleted.*DELETE FROM consumer_progress WHERE`));
  return message.match(/UPDATE consumer_progress SET topic_id = [^;]*;/)[0];
}

scenario({
  name:
    "consumer stops and names the topic when it was recreated between two runs, and resumes when its id is adopted",
  failure:
    "The topic is deleted and recreated while no consumer runs, with more records than were stored of the old one",
  result:
    "Exit code 2 with the statements that start over and that adopt the new topic id; no wrong record is stored",
}, async (s) => {
  const bounded = { CONSUMER_UNTIL_CAUGHT_UP: "true" };
  await s.produce(1_000, VALID);
  await s.waitForExit(await s.startConsumer(bounded));
  await s.reconcile();
  await recreate(s);
  const adopt = await waitForRecreatedError(s, await s.startConsumer());
  assert.equal(await s.countRows(), 1_000);

  // As after a migration to another cluster that keeps offsets: records after the progress are stored.
  await s.database.query(adopt);
  await s.waitForExit(await s.startConsumer(bounded));
  assert.equal(await s.countRows(), 3_000);
});

scenario({
  name: "consumer stops and names the topic when it is recreated while the consumer runs",
  failure:
    "The topic is deleted and recreated while a consumer runs, with more records than were stored of the old one",
  result: "Exit code 2; the message names the topic and the remedy; no wrong record is stored",
}, async (s) => {
  const consumer = await s.startConsumer();
  await s.produce(1_000, VALID);
  await s.reconcile({ unless: () => consumer.assertRunning() });
  await recreate(s);
  await waitForRecreatedError(s, consumer);
  assert.equal(await s.countRows(), 1_000);
});

scenario({
  name: "consumer counts lost records and catches up when all of them expire before it reads its progress",
  failure: "All records are deleted up to the high watermark while a consumer waits for its progress",
  result:
    "They are counted as lost; progress advances to the high watermark, and `--until-caught-up` exits 0",
}, async (s) => {
  await s.produce(1_000, VALID);
  const earlier = await readTopic(s.kafka, s.topic());
  await s.database.create();
  const consumer = await s.database.connected(async (client) => {
    // The consumer's INSERT waits for this transaction.
    await client.query(
      `CREATE TABLE consumer_progress (group_id TEXT, topic TEXT, partition INT, next_offset BIGINT,
      topic_id UUID, PRIMARY KEY (group_id, topic, partition))`,
    );
    await client.query("BEGIN");
    await client.query("INSERT INTO consumer_progress VALUES ($1, $2, 0, 0)", [s.group, s.topic()]);
    const consumer = await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" });
    await consumer.waitForLog(/"event":"partitions_assigned"/);
    await deleteRecords(s.kafka.bootstrapServers, s.topic(), earlier.ends);
    await client.query("ROLLBACK");
    return consumer;
  });
  await s.waitForExit(consumer);
  const { lost } = await s.reconcile({ earlier, lost: () => true });
  assert.equal(lost, 1_000);
});

scenario({
  name: "consumer counts lost records and resumes when they expired before it read them",
  failure: "Records expire before they are read",
  result: "They are logged and counted as lost; all later records are stored",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  await s.produce(5_000);
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const { content: { ends: read } } = await s.reconcile();
  await s.produce(5_000, { PRODUCER_SEED: "another" });
  const earlier = await readTopic(s.kafka, s.topic());
  // No new record expires in partition 0, and all in partition 1.
  const starts = earlier.ends.map((end, p) => p === 0 ? read[p]! - 1 : p === 1 ? end : read[p]! + 500);
  await deleteRecords(bootstrapServers, s.topic(), starts);

  const load = await s.startLoad(5_000);
  const consumer = await s.startConsumer();
  await s.waitForExit(load);
  const { lost } = await s.reconcile({
    earlier,
    lost: ({ partition, offset }) => offset >= read[partition]! && offset < starts[partition]!,
    unless: () => consumer.assertRunning(),
  });
  assert(lost > 1_000);
  assert.equal((await consumer.metrics()).sum("consumer_records_total", { outcome: "lost" }), lost);
  assert.match(consumer.log, /lost/);
});

scenario({
  name: "consumer waits for an open transaction and reads past an aborted one when --until-caught-up is set",
  failure:
    "A consumer with `--until-caught-up` starts while a transaction of another producer is open, which then commits or aborts",
  result:
    "Lag counts the records of the open transaction and those after it; exit code 0 follows the end of the transaction",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  await createTopic(bootstrapServers, s.topic(), PARTITIONS);
  for (const [user, commit] of [[1_000, true], [2_000, false]] as const) {
    const records = (from: number, count: number) =>
      Array.from({ length: count }, (_, i) => record(user + from + i, 1));
    await send(bootstrapServers, s.topic(), records(0, 91));
    const transaction = await openTransaction(bootstrapServers, s.topic(), records(100, 5));
    if (commit) await send(bootstrapServers, s.topic(), records(200, 4));
    const consumer = await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" });
    await waitUntil("lag to be the number of unreadable records", async () => {
      const lag = await consumer.metrics().then((metrics) => metrics.sum("consumer_lag_records"), () => 0);
      return lag === (commit ? 9 : 5);
    }, { unless: () => consumer.assertRunning() });
    await transaction.end(commit);
    await s.waitForExit(consumer);
  }
  const { records } = await s.reconcile();
  assert.equal(records, 100 + 91);
});

scenario({
  name: "consumer reads new partitions when they are added while it runs",
  failure: "Partitions are added while records flow",
  result: "The new partitions are read from their beginning",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  const consumer = await s.startConsumer();
  const load = await s.startLoad(0);
  await s.waitForRows([consumer, load]);
  await addPartitions(bootstrapServers, s.topic(), PARTITIONS + 2);
  const added = [PARTITIONS, PARTITIONS + 1];
  await waitUntil("the new partitions to accept records", async () => {
    await send(bootstrapServers, s.topic(), added.map((partition) => record(partition, partition)));
    return true;
  });
  await waitUntil("the records of the new partitions to be stored", async () => {
    const [row] = await s.database.query<{ count: string }>(
      "SELECT count(*) FROM consumer_progress WHERE partition = ANY($1) AND next_offset > 0",
      [added],
    );
    return Number(row!.count) === added.length;
  }, { timeoutMs: 60_000, unless: () => [consumer, load].forEach((service) => service.assertRunning()) });
  await s.stopProducer(load);
  await s.reconcile({ unless: () => consumer.assertRunning() });
});
