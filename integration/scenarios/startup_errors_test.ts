import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { PARTITIONS } from "../harness/scenario_services.ts";
import { createTopic } from "../harness/topic.ts";
import { within } from "../harness/wait.ts";

scenario({
  name: "producer stops with the remedy when the topic permanently rejects its batches",
  failure: "A topic whose max.message.bytes is smaller than a batch",
  result: "Exit code 2; the message names the topic and the remedy",
}, async (s) => {
  await createTopic(s.kafka.bootstrapServers, s.topic(), PARTITIONS, { "max.message.bytes": "1000" });
  const producer = await s.startLoad(0, { PRODUCER_RATE: 0 });
  assert.equal(await within("the producer to exit", 30_000, producer.exited), 2);
  assert.match(producer.log, new RegExp(`Cannot send to ${s.topic()}.*PRODUCER_BATCH_RECORDS`));
});

scenario({
  name: "consumer stops with the remedy when it cannot read the progress and --until-caught-up is set",
  failure: "The SELECT privilege on consumer_progress is missing in a run with `--until-caught-up`",
  result: "Exit code 2; the message names the remedy, and is not an internal error",
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
  assert.equal(await within("the consumer to exit", 30_000, consumer.exited), 2, consumer.log);
  assert.match(
    consumer.log,
    /lacks SELECT, INSERT, UPDATE on consumer_progress.*GRANT SELECT, INSERT, UPDATE ON consumer_progress/,
  );
  await s.database.query(`DROP OWNED BY "${role}"; DROP ROLE "${role}"`);
});
