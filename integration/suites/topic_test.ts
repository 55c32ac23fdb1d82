import assert from "assert";
import { send } from "../harness/produce.ts";
import { readTopic } from "../harness/read_topic.ts";
import { PARTITIONS, scenario } from "../harness/scenario.ts";
import { addPartitions, createTopic, deleteRecords, deleteTopic } from "../harness/topic.ts";
import { until, within } from "../harness/wait.ts";

const record = (user: number, partition: number) => ({
  key: `${user}`,
  value: `{"userID":${user},"timestamp":1700000000.25,"coordinates":[1.5,${partition}]}`,
  partition,
});

scenario({
  name: "consumer stops and names the topic when it was deleted and made again while the consumer was away",
  fault: "The topic deleted and made again while no consumer runs",
  outcome: "Stops with exit code 2 and a message that names the topic and what to do; stores nothing wrong",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  await s.produce(10_000);
  await s.finished(await s.consumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  await s.oracle();
  const before = await s.stored();
  await deleteTopic(bootstrapServers, s.topic());
  await createTopic(bootstrapServers, s.topic(), PARTITIONS);
  await s.produce(1_000);

  const next = await s.consumer();
  assert.equal(await within("the consumer to end", 60_000, next.exited), 2);
  assert.match(next.log, new RegExp(`${s.topic()}.*(deleted|made again|recreated|consumer_progress)`));
  assert.equal(await s.stored(), before);
});

scenario({
  name: "consumer stops and names the topic when it is deleted and made again while the consumer runs",
  fault: "The topic deleted and made again while a consumer runs",
  outcome: "Stops with exit code 2 and a message that names the topic and what to do; stores nothing wrong",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  const consumer = await s.consumer();
  await s.produce(10_000);
  await s.oracle({ unless: () => consumer.assertRunning() });
  const before = await s.stored();
  await deleteTopic(bootstrapServers, s.topic());
  await createTopic(bootstrapServers, s.topic(), PARTITIONS);
  await s.produce(1_000);
  assert.equal(await within("the consumer to end", 60_000, consumer.exited), 2);
  assert.match(consumer.log, new RegExp(`${s.topic()}.*(deleted|made again|recreated|consumer_progress)`));
  assert.equal(await s.stored(), before);
});

scenario({
  name: "consumer counts lost records and goes on when they expired before it read them",
  fault: "Records expired before they were read",
  outcome: "They are counted and logged as lost; everything after them is stored",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  await s.produce(10_000);
  await s.finished(await s.consumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const { content: { ends: read } } = await s.oracle();
  await s.produce(10_000, { PRODUCER_SEED: "another" });
  const earlier = await readTopic(s.kafka, s.topic());
  // In one partition nothing new expires, in another everything.
  const starts = earlier.ends.map((end, p) => p === 0 ? read[p]! - 1 : p === 1 ? end : read[p]! + 500);
  await deleteRecords(bootstrapServers, s.topic(), starts);

  const load = await s.load(10_000);
  const consumer = await s.consumer();
  await s.finished(load);
  const { lost } = await s.oracle({
    earlier,
    lost: ({ partition, offset }) => offset >= read[partition]! && offset < starts[partition]!,
    unless: () => consumer.assertRunning(),
  });
  assert(lost > 1_000);
  assert.equal((await consumer.metrics()).sum("consumer_records_total", { outcome: "lost" }), lost);
  assert.match(consumer.log, /lost/);
});

scenario({
  name: "consumer reads new partitions when they are added while it runs",
  fault: "Partitions added while records flow",
  outcome: "The new ones are read, too, from their beginning",
}, async (s) => {
  const { bootstrapServers } = s.kafka;
  const consumer = await s.consumer();
  const load = await s.load(0);
  await s.flowing([consumer, load]);
  await addPartitions(bootstrapServers, s.topic(), PARTITIONS + 2);
  const added = [PARTITIONS, PARTITIONS + 1];
  await until("the new partitions to take records", async () => {
    await send(bootstrapServers, s.topic(), added.map((partition) => record(partition, partition)));
    return true;
  });
  await until("their records to be stored", async () => {
    const [row] = await s.database.query<{ count: string }>(
      "SELECT count(*) FROM consumer_progress WHERE partition = ANY($1) AND next_offset > 0",
      [added],
    );
    return Number(row!.count) === added.length;
  }, { timeoutMs: 60_000, unless: () => [consumer, load].forEach((service) => service.assertRunning()) });
  await s.stopped(load);
  await s.oracle({ unless: () => consumer.assertRunning() });
});
