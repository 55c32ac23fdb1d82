import assert from "assert";
import { PARTITIONS, scenario } from "../harness/scenario.ts";
import { createTopic } from "../harness/topic.ts";
import { within } from "../harness/wait.ts";

scenario({
  name: "producer stops with a clear message when the topic refuses its batches for good",
  failure: "A topic whose max.message.bytes is smaller than a batch",
  result: "Stops at once with exit code 2 and a message that names the topic and what to do",
}, async (s) => {
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS, { "max.message.bytes": "1000" });
  const producer = await s.startLoad(0, { PRODUCER_RATE: 0 });
  assert.equal(await within("the producer to end", 30_000, producer.exited), 2);
  assert.match(producer.log, new RegExp(`Cannot send to ${s.topic()}.*PRODUCER_BATCH_RECORDS`));
});

scenario({
  name: "consumer stops with a clear message when it may not read the progress and is to catch up",
  failure: "No right to read consumer_progress, in a run that ends when all is stored",
  result: "Stops at once with exit code 2 and a message that names the remedy, not with a fault of its own",
}, async (s) => {
  await s.produce(1_000);
  await s.waitForExit(await s.startConsumer({ CONSUMER_UNTIL_CAUGHT_UP: "true" }));
  const role = `${s.id}-blind`;
  await s.database.query(
    `CREATE ROLE "${role}" LOGIN PASSWORD 'blind'; GRANT INSERT ON routes_table TO "${role}"`,
  );
  const consumer = await s.startConsumer({
    PGUSER: role,
    PGPASSWORD: "blind",
    CONSUMER_UNTIL_CAUGHT_UP: "true",
  });
  assert.equal(await within("the consumer to end", 30_000, consumer.exited), 2, consumer.log);
  assert.match(consumer.log, /consumer_progress.*Grant/);
  await s.database.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
});
