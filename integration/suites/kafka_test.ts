import assert from "assert";
import { scenario } from "../harness/scenario.ts";
import { lasting, until } from "../harness/wait.ts";

scenario({
  name: "producer and consumer lose and double nothing when the broker is killed and restarted under load",
  fault: "Kafka killed (kill -9), later restarted, under load",
  outcome:
    "Both wait, and go on; every record that was generated lies in the topic once and in its table once",
  restartsServers: true,
}, async (s) => {
  const consumer = await s.consumer();
  const load = await s.load(0);
  for (const end of ["kill", "stop"] as const) {
    await s.flowing([consumer, load]);
    await lasting(s.random.between(0, 500));
    const sent = async () => (await load.metrics()).sum("producer_records_sent_total");
    const before = await sent();
    await s.kafka[end]();
    await load.ready(false);
    await consumer.ready(false);
    await lasting(s.random.between(0, 1_000));
    await s.kafka.start();
    await until("the producer to go on", async () => await sent() > before, {
      unless: () => load.assertRunning(),
    });
  }
  await s.flowing([consumer, load]);
  const count = await s.stopped(load);
  const { content } = await s.oracle({ unless: () => consumer.assertRunning() });
  assert.equal(content.records.length, count, "records in the topic");
  const values = content.records.filter(({ value }) => value?.startsWith('{"userID"'));
  assert.equal(new Set(values.map(({ value }) => value)).size, values.length, "a record was sent twice");
});
